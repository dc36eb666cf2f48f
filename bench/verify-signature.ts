import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRealRegistry } from '../test/container/registry/real-registry.ts';
import { argument } from './figures.ts';

/**
 * Holds our signatures against cosign itself: keys that it makes, an image that is signed with them and pushed to a real registry, and its
 * own verdict on the index, on each platform's image and on the provenance; another key must not do. Build cosign with
 * `CGO_ENABLED=0 go install github.com/sigstore/cosign/v2/cmd/cosign@v2.6.3`, which takes minutes. Usage:
 * npx tsx bench/verify-signature.ts [--cosign PATH]
 */
const cosign = argument('cosign') ?? 'cosign';
const place = mkdtempSync(join(tmpdir(), 'plimsoll-cosign-'));
const project = join(place, 'project');
const registry = await startRealRegistry();
const env = { ...process.env, COSIGN_PASSWORD: 'of this run', HOME: place };

try {
  cpSync('examples/sklearn', project, { recursive: true });
  for (const name of ['ours', 'other']) {
    execFileSync(cosign, ['generate-key-pair', '--output-key-prefix', name], { cwd: place, env, stdio: 'pipe' });
  }
  const key = join(place, 'ours.key');
  const push = ['--push', `${registry.name}/team/signed:1`, '--sign-key', key];
  const reference = execFileSync(
    process.execPath,
    ['dist/src/cli.js', 'package', '--no-frozen', '--no-probe', project, ...push],
    { encoding: 'utf8', env: { ...env, HOME: process.env.HOME } },
  ).trim();
  const repository = `${registry.name}/team/signed`;
  const index = await fetch(`http://${registry.name}/v2/team/signed/manifests/1`, {
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  });
  const { manifests } = (await index.json()) as { manifests: readonly { digest: string }[] };
  const subjects = [reference, ...manifests.map(({ digest }) => `${repository}@${digest}`)];
  for (const subject of subjects) {
    expect(verify('verify', 'ours', [subject]), 0, subject);
    expect(verify('verify', 'other', [subject]), 'refused', `${subject} by another key`);
  }
  const predicate = ['--type', 'slsaprovenance1'];
  expect(verify('verify-attestation', 'ours', [...predicate, reference]), 0, 'the provenance');
  expect(verify('verify-attestation', 'other', [...predicate, reference]), 'refused', 'the provenance by another key');
  const version = execFileSync(cosign, ['version'], { encoding: 'utf8', env }).match(/GitVersion:\s+(\S+)/)?.[1];
  console.log(
    `cosign ${version} verifies the index, ${manifests.length} images and the provenance, and refuses another key`,
  );
} finally {
  await registry.close();
  rmSync(place, { recursive: true, force: true });
}

/** Offline: no transparency log, no trusted root, the key alone. */
function verify(command: string, key: string, rest: readonly string[]): number | 'refused' {
  const flags = ['--key', join(place, `${key}.pub`), '--insecure-ignore-tlog', '--offline', '--allow-http-registry'];
  const { status, stderr } = spawnSync(cosign, [command, ...flags, ...rest], { encoding: 'utf8', env });
  if (status === 0) return 0;
  // A key that does not fit is told from an error of another kind by its words.
  if (/invalid signature|no matching signatures|no matching attestations/.test(stderr)) return 'refused';
  throw new Error(`${command}: ${stderr}`);
}

function expect(found: number | 'refused', wanted: number | 'refused', what: string): void {
  if (found !== wanted) throw new Error(`${what}: found ${found}, wanted ${wanted}`);
  console.log(`${what}: ${wanted === 0 ? 'verified' : 'refused'}`);
}
