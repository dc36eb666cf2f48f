import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../src/cache/location.ts';
import { argument, median, spread } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * How long `package` takes after the model changed, with everything else cached, as a ratio to what nobody can avoid: reading
 * the same bytes into a tar, hashing it and writing it; and to `docker build` of the same tree, its lower layers built before. Each
 * round is run with the probe, which starts the packaged server and has it answer requests at the bounds, and without it. Usage:
 * npx tsx bench/package-after-change.ts [--bytes N] [--rounds N] [--docker]
 */
const bytes = Number(argument('bytes') ?? 285e6);
const rounds = Number(argument('rounds') ?? 5);
/** Weights that no earlier run has left in the cache. */
let seed = Number(argument('seed') ?? Date.now() % 1e6);
const place = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
const project = join(place, 'project');
const model = join(project, 'model.onnx');
/** The builder of the engine itself, which is there wherever the engine is. */
const CLASSIC = { ...process.env, DOCKER_BUILDKIT: '0' };
const withDocker = process.argv.includes('--docker');
const cache = join(cacheFolder({ env: process.env, platform: process.platform, home: homedir() }), 'v1');
mkdirSync(project);
writeFileSync(
  join(project, 'plimsoll.yaml'),
  'name: bench\nmodel: model.onnx\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n',
);

try {
  await writeLargeModel(model, { bytes, seed: seed++ });
  packageOnce();
  const kept = cacheEntries();
  if (withDocker) buildLowerLayers();
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    await writeLargeModel(model, { bytes, seed: seed++ });
    const theirs = timed(() =>
      execFileSync('sh', ['-c', `tar -C ${project} -cf - model.onnx | tee ${place}/out.tar | sha256sum >/dev/null`]),
    );
    const { seconds, residentBytes } = packageOnce('--no-probe');
    leaveCache(kept);
    await writeLargeModel(model, { bytes, seed: seed++ });
    const probed = packageOnce();
    leaveCache(kept);
    const docker = withDocker ? timed(buildWithDocker) : Number.NaN;
    rows.push({ ours: seconds, probed: probed.seconds, theirs, docker, residentBytes });
    console.log(
      `round ${round + 1}: package ${seconds.toFixed(2)} s, with the probe ${probed.seconds.toFixed(2)} s, tar + sha256 + write ${theirs.toFixed(2)} s` +
        (withDocker ? `, docker build ${docker.toFixed(2)} s` : ''),
    );
  }
  const secondsOf = (of: (row: Row) => number) => `${median(rows.map(of)).toFixed(2)} s`;
  const ratioOf = (of: (row: Row) => number) => {
    const ratios = rows.map((row) => of(row) / row.theirs);
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
  };
  console.log(
    `model ${(bytes / 1e6).toFixed(0)} MB; medians of ${rounds}; tar + sha256 + write ${secondsOf((row) => row.theirs)}:`,
  );
  console.log(`package --no-probe ${secondsOf((row) => row.ours)}, ratio ${ratioOf((row) => row.ours)}`);
  console.log(`package with the probe ${secondsOf((row) => row.probed)}, ratio ${ratioOf((row) => row.probed)}`);
  if (withDocker) {
    const faster = rows.map((row) => row.docker / row.ours);
    console.log(
      `docker build ${median(rows.map((row) => row.docker)).toFixed(2)} s: package is ${median(faster).toFixed(2)} times as fast (${spread(faster)})`,
    );
  }
  console.log(`resident memory of the tool ${(median(rows.map((row) => row.residentBytes)) / 2 ** 20).toFixed(0)} MiB`);
} finally {
  rmSync(place, { recursive: true, force: true });
}

interface Row {
  /** Without the probe. */
  readonly ours: number;
  readonly probed: number;
  readonly theirs: number;
  readonly docker: number;
  readonly residentBytes: number;
}

/** What the cache holds of large things. */
function cacheEntries(): ReadonlySet<string> {
  const rooms = ['blobs/sha256', 'folders'].map((room) => join(cache, room));
  return new Set(rooms.flatMap((room) => readdirSync(room).map((name) => join(room, name))));
}

/** Removes what a round has left, as the other ways write over what they have written: a gigabyte a round would fill a disk. */
function leaveCache(kept: ReadonlySet<string>): void {
  for (const path of cacheEntries()) if (!kept.has(path)) rmSync(path, { recursive: true });
}

/** What does not change with the model, built once by the engine: what people have as a base image. */
function buildLowerLayers(): void {
  const context = join(place, 'context');
  execFileSync(process.execPath, ['dist/src/cli.js', 'dockerfile', '--no-frozen', project, '--output', context]);
  const dockerfile = join(context, 'Dockerfile');
  const lines = readFileSync(dockerfile, 'utf8').split('\n');
  writeFileSync(join(place, 'Dockerfile.lower'), lines.filter((line) => !line.startsWith('ADD model')).join('\n'));
  const lower = ['--file', join(place, 'Dockerfile.lower'), context];
  execFileSync('docker', ['build', '-q', '--network=none', '--tag', 'plimsoll-bench:lower', ...lower], {
    env: CLASSIC,
  });
  // The layout lies beside the model, and is no part of what Docker is to be sent.
  writeFileSync(join(project, '.dockerignore'), 'image*\n');
  writeFileSync(join(place, 'Dockerfile'), 'FROM plimsoll-bench:lower\nCOPY model.onnx /app/model/model.onnx\n');
}

function buildWithDocker(): void {
  const tree = ['--file', join(place, 'Dockerfile'), project];
  execFileSync('docker', ['build', '-q', '--network=none', '--tag', 'plimsoll-bench:latest', ...tree], {
    env: CLASSIC,
  });
}

function packageOnce(...flags: readonly string[]): { seconds: number; residentBytes: number } {
  const begun = performance.now();
  const result = spawnSync(
    process.execPath,
    ['--require', hookFile(), 'dist/src/cli.js', 'package', '--no-frozen', ...flags, project],
    {
      encoding: 'utf8',
      env: { ...process.env, PLIMSOLL_BENCH_PEAK: join(place, 'peak') },
    },
  );
  const seconds = (performance.now() - begun) / 1000;
  if (result.status !== 0) throw new Error(result.stderr);
  return { seconds, residentBytes: Number(execFileSync('cat', [join(place, 'peak')], { encoding: 'utf8' })) };
}

/**
 * Makes the tool itself, and not the runtime's child process, write down its largest resident size. The kernel's own account of
 * this address space is taken, since `getrusage` hands the parent's peak down to what it starts.
 */
function hookFile(): string {
  const file = join(place, 'peak.cjs');
  const lines = [
    "const { readFileSync, writeFileSync } = require('node:fs');",
    "const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;",
    "if (process.argv[1]?.endsWith('cli.js')) process.on('exit', () => writeFileSync(process.env.PLIMSOLL_BENCH_PEAK, String(peak())));",
  ];
  writeFileSync(file, lines.join('\n'));
  return file;
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
}
