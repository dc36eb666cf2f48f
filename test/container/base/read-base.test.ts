import assert from 'node:assert/strict';
import { inheritConfig } from '../../../src/container/base/inherit-config.ts';
import { readBase } from '../../../src/container/base/read-base.ts';
import { isFailure } from '../registry/support.ts';
import { layersOf } from './layers.ts';

const STATUS = `Package: libc6
Status: install ok installed
Version: 2.41-12
Architecture: amd64

Package: gone
Status: deinstall ok config-files
Version: 1
Architecture: amd64

Package: strange name\u0007
Status: install ok installed
Version: 1
Architecture: amd64
`;

describe('An image that is built upon', () => {
  it('has its packages and its distribution read, from either form of the database', async () => {
    const layers = await layersOf(
      [
        { path: 'etc/os-release', link: '../usr/lib/os-release' },
        {
          path: 'usr/lib/os-release',
          text: 'PRETTY_NAME="x y"\nID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n',
        },
        { path: 'var/lib/dpkg/status', text: STATUS },
        { path: 'etc/ssl/certs/ca-certificates.crt', text: 'certificates' },
      ],
      [
        { path: 'var/lib/dpkg/status.d/tzdata', text: 'Package: tzdata\nVersion: 2026f\nArchitecture: all\n' },
        { path: 'var/lib/dpkg/status.d/tzdata.md5sums', text: 'Package: none\nVersion: 1\nArchitecture: all\n' },
      ],
    );
    const facts = await readBase({ name: 'base', layers }, { config: { Env: ['A=1'] } });
    assert.deepEqual(facts, {
      environment: { A: '1', SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' },
      labels: {},
      release: { id: 'debian', version: '13', codename: 'trixie' },
      packages: [
        { name: 'libc6', version: '2.41-12', architecture: 'amd64' },
        { name: 'tzdata', version: '2026f', architecture: 'all' },
      ],
    });
  });

  it('gives its environment and labels, less what would change how the server runs or what says what another image is', () => {
    const config = {
      User: 'root',
      Env: [
        'PATH=/opt/bin:/bin',
        'TZ=Europe/Paris',
        'E==x=',
        'LD_PRELOAD=/evil.so',
        'NODE_OPTIONS=-r /evil',
        'MALLOC_ARENA_MAX=9',
        'LC_ALL=tr_TR',
        'PLIMSOLL_HOST=0',
        'nothing',
      ],
      Labels: {
        'team.owner': 'me',
        'org.opencontainers.image.title': 'base',
        'plimsoll.lock': '{}',
        odd: 'two\nlines',
      },
    };
    assert.deepEqual(inheritConfig({ config }, 'base'), {
      environment: { E: '=x=', PATH: '/opt/bin:/bin', TZ: 'Europe/Paris' },
      labels: { 'team.owner': 'me' },
    });
    for (const empty of [{}, { config: null }, { config: { Env: null, Labels: null } }]) {
      assert.deepEqual(inheritConfig(empty, 'base'), { environment: {}, labels: {} });
    }
  });

  it('is refused with a configuration that no image needs', () => {
    const many = Array.from({ length: 300 }, (_, index) => `V${index}=1`);
    for (const [Env, says] of [
      [many, /300 variables or labels/],
      [[`A=${'x'.repeat(70_000)}`], /in 70001 bytes/],
      [['A=\u001b[2J'], /its variable "A" has control characters/],
      [7, /its configuration is none/],
    ] as const) {
      assert.throws(() => inheritConfig({ config: { Env } }, 'base'), isFailure('base/unfit', says));
    }
  });
});
