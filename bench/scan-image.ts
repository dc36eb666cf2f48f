import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentsOf } from '../src/container/documents/components.ts';
import { Lock } from '../src/nouns/lock.ts';
import { ALL_PLATFORMS } from '../src/nouns/platform.ts';
import { argument } from './figures.ts';

/**
 * Holds what a scanner finds in the example's image against its lock: every Debian package, Node and onnxruntime, with their versions.
 * Usage: npx tsx bench/scan-image.ts [--syft PROGRAM]; without the program it is built from its source, which takes ten minutes.
 */
const SYFT = 'github.com/anchore/syft/cmd/syft@v1.54.1';
const PROJECT = 'examples/sklearn';
const place = mkdtempSync(join(tmpdir(), 'plimsoll-scan-'));

try {
  const syft = argument('syft') ?? buildSyft();
  execFileSync('node', ['dist/src/cli.js', 'package', PROJECT, '--output', `oci:${place}/layout`], {
    stdio: 'inherit',
  });
  const lock = Lock.parse(JSON.parse(readFileSync(join(PROJECT, 'plimsoll.lock'), 'utf8')));
  for (const platform of ALL_PLATFORMS) {
    const wanted = componentsOf(lock, { name: 'the model', platform }).filter(
      ({ kind, name }) => kind !== 'model' && name !== 'plimsoll-server',
    );
    const found = scan(syft, platform);
    const missing = wanted.filter(({ name, version }) => !found.has(`${name} ${version}`));
    console.log(`${platform}: ${wanted.length - missing.length} of ${wanted.length} named with their versions`);
    for (const { name, version } of missing) console.log(`  not named: ${name} ${version}`);
    if (missing.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

function scan(syft: string, platform: string): ReadonlySet<string> {
  const image = join(place, platform.replace('/', '-'));
  const architecture = platform.split('/')[1] ?? '';
  execFileSync('skopeo', [
    'copy',
    '-q',
    '--override-arch',
    architecture,
    `oci:${place}/layout`,
    `oci:${image}:scanned`,
  ]);
  const text = execFileSync(syft, ['scan', `oci-dir:${image}`, '-q', '-o', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const { artifacts } = JSON.parse(text) as { artifacts: { name: string; version: string; purl: string }[] };
  // Without a package URL a finding matches nothing in a database of vulnerabilities.
  return new Set(artifacts.filter(({ purl }) => purl !== '').map(({ name, version }) => `${name} ${version}`));
}

function buildSyft(): string {
  const env = { ...process.env, GOBIN: place, CGO_ENABLED: '0', GOTOOLCHAIN: 'auto' };
  execFileSync('go', ['install', SYFT], { stdio: 'inherit', env });
  return join(place, 'syft');
}
