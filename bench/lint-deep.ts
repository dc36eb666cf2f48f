import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DEEP_BOUNDS, DEEP_KINDS, type DeepKind, writeDeepModel } from './deep-models.ts';
import { argument, median } from './figures.ts';

/**
 * `lint --static` under a limit of graphs of many nodes that an earlier `lint` has prepared: seconds of processor, and of another
 * build of this program where one is given. Usage: npx tsx bench/lint-deep.ts [--nodes N,N] [--rounds N] [--against DIST] [--keep FOLDER]
 */
const sizes = (argument('nodes') ?? '5000,10000,20000').split(',').map(Number);
const rounds = Number(argument('rounds') ?? 5);
const against = argument('against');
const kept = argument('keep');
const SETTLED_MS = 2_500;
const place = kept ?? mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));

try {
  for (const kind of DEEP_KINDS) for (const nodes of sizes) await compare(kind, nodes);
} finally {
  if (kept === undefined) rmSync(place, { recursive: true });
}

async function compare(kind: DeepKind, nodes: number): Promise<void> {
  const path = join(place, `${kind}-${nodes}.onnx`);
  if (!existsSync(path)) {
    await writeDeepModel(path, { kind, nodes });
    // A file that has just changed may change once more: its digest would not be remembered.
    await setTimeout(SETTLED_MS);
  }
  const options = Object.entries(DEEP_BOUNDS[kind]).flatMap(([name, most]) => ['--bound', `${name}=${most}`]);
  const lint = (dist: string, ...flags: readonly string[]) =>
    timed([join(dist, 'src/cli.js'), 'lint', path, ...options, '--memory', '256MiB', ...flags]);
  lint('dist');
  const rows = Array.from({ length: rounds }, () => ({
    own: lint('dist', '--static'),
    other: against === undefined ? null : lint(against, '--static'),
  }));
  const own = median(rows.map((row) => row.own));
  const ratio = median(rows.map((row) => (row.other ?? Number.NaN) / row.own));
  const other = against === undefined ? '' : `; the other build takes ${ratio?.toFixed(2)} times as long`;
  console.log(`${kind}, ${nodes} nodes: ${own?.toFixed(2)} s of processor${other}`);
}

/** Seconds of processor, by GNU time. */
function timed(parameters: readonly string[]): number {
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', 'took %U %S', process.execPath, ...parameters], {
    encoding: 'utf8',
  });
  const [, user, system] = /took (\S+) (\S+)/.exec(stderr) ?? [];
  if (status === null || status > 7 || user === undefined) throw new Error(stderr);
  return Number(user) + Number(system);
}
