import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argument } from './figures.ts';

/**
 * Packages the example with each compression on each supported Node, from an empty cache every time: what the image is over its model,
 * how long that takes, and that the digests of a compression are one. Usage: npx tsx bench/compression.ts [--nodes 20,22,24] [--compressions gzip,zstd]
 */
const nodes = (argument('nodes') ?? '20,22,24').split(',');
const compressions = (argument('compressions') ?? 'gzip,zstd').split(',');
const place = mkdtempSync(join(tmpdir(), 'plimsoll-compression-'));
try {
  for (const compression of compressions) {
    const references = new Set<string>();
    for (const version of nodes) {
      const folder = join(place, `${compression}-${version}`);
      const project = join(folder, 'tickets');
      mkdirSync(folder);
      cpSync('examples/sklearn', project, { recursive: true });
      await appendFile(join(project, 'plimsoll.yaml'), `\ncompression: ${compression}\n`);
      const begun = performance.now();
      const reference = execFileSync(
        nodeOf(version),
        ['dist/src/cli.js', 'package', '--no-frozen', '--no-probe', project],
        {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
          env: { ...process.env, PLIMSOLL_CACHE: join(folder, 'cache') },
        },
      ).trim();
      const seconds = (performance.now() - begun) / 1000;
      references.add(reference);
      console.log(`${compression} on Node ${version}: ${reference}, ${seconds.toFixed(0)} s, ${sizes(project)}`);
      rmSync(folder, { recursive: true });
    }
    if (references.size !== 1) throw new Error(`${compression} gave ${references.size} digests`);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}

/** Each platform's layers but the model's, as the lock names them. */
function sizes(project: string): string {
  const lock = JSON.parse(readFileSync(join(project, 'plimsoll.lock'), 'utf8')) as {
    layers: { platforms: Record<string, { name: string; bytes: number }[]> };
  };
  return Object.entries(lock.layers.platforms)
    .map(([platform, layers]) => {
      const bytes = layers.filter(({ name }) => name !== 'model').reduce((sum, layer) => sum + layer.bytes, 0);
      return `${platform} ${(bytes / 1e6).toFixed(1)} MB (${(bytes / 2 ** 20).toFixed(1)} MiB) over the model`;
    })
    .join(', ');
}

/** That Node, from its npm package. */
function nodeOf(version: string): string {
  const folder = join(place, `node-${version}`);
  const path = join(folder, 'package/bin/node');
  if (!existsSync(path)) {
    mkdirSync(folder);
    const name = `node-linux-${process.arch}@${version}`;
    const tarball = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
    execFileSync('tar', ['xzf', tarball.split('\n').at(-1) ?? ''], { cwd: folder });
  }
  return path;
}
