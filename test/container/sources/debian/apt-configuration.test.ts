import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AptFile,
  parseAptConfiguration,
  readAptConfiguration,
} from '../../../../src/container/sources/debian/apt-configuration.ts';
import { type DebianMirrors, debianMirrors } from '../../../../src/container/sources/debian/mirrors.ts';
import { Failure } from '../../../../src/nouns/failure.ts';

const ONE_LINE: AptFile = {
  name: 'sources.list',
  text: `
# deb http://old.test/debian trixie main
deb http://mirror.test/debian/ trixie main contrib # the main thing
deb-src http://mirror.test/debian trixie main
  deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian trixie-updates main
deb http://security.test/debian-security trixie-security main
`,
};
const DEB822: AptFile = {
  name: 'sources.list.d/debian.sources',
  text: `
# a comment
Types: deb deb-src
URIs: http://a.test/debian
 http://b.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://a.test/debian-security
Suites: bookworm-security
Components: main

Types: deb
Enabled: no
URIs: http://off.test/debian
Suites: bookworm
Components: main
`,
};
const OTHERS: AptFile = {
  name: 'sources.list.d/others.list',
  text: `
deb https://containers.test/linux/debian trixie stable
deb [signed-by=/etc/apt/keyrings/vendor.gpg] https://vendor.test/debian/12/prod bookworm main
deb http://ubuntu.test/ubuntu noble main restricted
deb http://ubuntu.test/ubuntu noble-security main
deb cdrom:[Debian GNU/Linux 13]/ trixie main
deb mirror+file:/etc/apt/mirrors.txt trixie main
deb https://node.test/node_24.x nodistro main
deb nonsense
`,
};
const UNUSUAL: AptFile = {
  name: 'sources.list',
  text: 'deb https://packages.test/repository/debian-proxy trixie main\ndeb http://mirror.test/debian trixie main',
};

describe("apt's configuration", () => {
  it('is read in both of its forms', () => {
    const sources = parseAptConfiguration([
      ONE_LINE,
      DEB822,
      { name: 'sources.list.d/ignored.save', text: ONE_LINE.text },
    ]);
    assert.deepEqual(
      sources.map(({ uri, suite }) => `${uri} ${suite}`),
      [
        'http://mirror.test/debian/ trixie',
        'http://mirror.test/debian trixie-updates',
        'http://security.test/debian-security trixie-security',
        'http://a.test/debian bookworm',
        'http://a.test/debian bookworm-updates',
        'http://b.test/debian bookworm',
        'http://b.test/debian bookworm-updates',
        'http://a.test/debian-security bookworm-security',
      ],
    );
    assert.deepEqual(sources[0]?.components, ['main', 'contrib']);
    assert.equal(sources[1]?.signedBy, '/usr/share/keyrings/debian-archive-keyring.gpg');
  });

  it('is found below its folder, and is empty where there is none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-apt-'));
    try {
      assert.deepEqual(await readAptConfiguration(folder), []);
      await mkdir(join(folder, 'sources.list.d'));
      await writeFile(join(folder, 'sources.list'), ONE_LINE.text);
      await writeFile(join(folder, 'sources.list.d', 'debian.sources'), DEB822.text);
      assert.equal((await readAptConfiguration(folder)).length, 8);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the mirrors of Debian', () => {
  const rows: [title: string, files: readonly AptFile[], env: Record<string, string>, wanted: DebianMirrors][] = [
    [
      "come from apt's one-line form",
      [ONE_LINE],
      {},
      { archive: ['http://mirror.test/debian'], security: ['http://security.test/debian-security'] },
    ],
    [
      "come from apt's paragraphs, in their order",
      [DEB822],
      {},
      { archive: ['http://a.test/debian', 'http://b.test/debian'], security: ['http://a.test/debian-security'] },
    ],
    [
      'leave out other vendors, other distributions and what is no address',
      [OTHERS, ONE_LINE],
      {},
      { archive: ['http://mirror.test/debian'], security: ['http://security.test/debian-security'] },
    ],
    [
      "come second to a more likely one where their path is not Debian's",
      [UNUSUAL],
      {},
      {
        archive: ['http://mirror.test/debian', 'https://packages.test/repository/debian-proxy'],
        security: ['http://mirror.test/debian-security', 'https://packages.test/repository/debian-security'],
      },
    ],
    [
      'come from the environment first, with security updates beside the archive',
      [ONE_LINE],
      { PLIMSOLL_DEBIAN_MIRROR: 'file:///srv/mirror/debian/' },
      { archive: ['file:///srv/mirror/debian'], security: ['file:///srv/mirror/debian-security'] },
    ],
    [
      'may be several, and may be without security updates',
      [],
      { PLIMSOLL_DEBIAN_MIRROR: 'http://a.test/debian, http://b.test/debian', PLIMSOLL_DEBIAN_SECURITY_MIRROR: 'none' },
      { archive: ['http://a.test/debian', 'http://b.test/debian'], security: [] },
    ],
    [
      'may have security updates elsewhere',
      [ONE_LINE],
      { PLIMSOLL_DEBIAN_SECURITY_MIRROR: 'https://s.test/debian-security' },
      { archive: ['http://mirror.test/debian'], security: ['https://s.test/debian-security'] },
    ],
  ];
  for (const [title, files, env, wanted] of rows) {
    it(title, () => {
      assert.deepEqual(debianMirrors({ env, aptConfiguration: parseAptConfiguration(files) }), wanted);
    });
  }

  it("come from the project's setting before the environment", () => {
    const env = { PLIMSOLL_DEBIAN_MIRROR: 'http://env.test/debian' };
    const mirrors = debianMirrors({ setting: { archive: 'http://set.test/debian' }, env, aptConfiguration: [] });
    assert.deepEqual(mirrors.archive, ['http://set.test/debian']);
  });

  it('are asked for where nothing names them, with the variable to set', () => {
    assert.throws(
      () => debianMirrors({ env: {}, aptConfiguration: parseAptConfiguration([OTHERS]) }),
      (error) =>
        error instanceof Failure && error.code === 'debian/no-mirror' && /PLIMSOLL_DEBIAN_MIRROR/.test(error.mend),
    );
  });

  it('have to be addresses', () => {
    for (const mirror of ['mirror.test/debian', 'ftp://mirror.test/debian', '/srv/mirror']) {
      assert.throws(
        () => debianMirrors({ env: { PLIMSOLL_DEBIAN_MIRROR: mirror }, aptConfiguration: [] }),
        (error) => error instanceof Failure && error.code === 'debian/bad-mirror' && error.message.includes(mirror),
      );
    }
  });
});
