import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argument, median } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * How long `package` takes after the model changed, with everything else cached, as a ratio to what nobody can avoid: reading
 * the same bytes into a tar, hashing it and writing it. Usage: npx tsx bench/package-after-change.ts [--bytes N] [--rounds N]
 */
const bytes = Number(argument('bytes') ?? 285e6);
const rounds = Number(argument('rounds') ?? 5);
const place = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
const project = join(place, 'project');
const model = join(project, 'model.onnx');
mkdirSync(project);
writeFileSync(
  join(project, 'plimsoll.yaml'),
  'name: bench\nmodel: model.onnx\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n',
);

try {
  await writeLargeModel(model, { bytes, seed: 1 });
  packageOnce();
  const rows: { readonly ours: number; readonly theirs: number; readonly residentBytes: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    await writeLargeModel(model, { bytes, seed: round + 2 });
    const theirs = timed(() =>
      execFileSync('sh', ['-c', `tar -C ${project} -cf - model.onnx | tee ${place}/out.tar | sha256sum >/dev/null`]),
    );
    const { seconds, residentBytes } = packageOnce();
    rows.push({ ours: seconds, theirs, residentBytes });
    console.log(`round ${round + 1}: package ${seconds.toFixed(2)} s, tar + sha256 + write ${theirs.toFixed(2)} s`);
  }
  const ratios = rows.map((row) => row.ours / row.theirs);
  console.log(`model ${(bytes / 1e6).toFixed(0)} MB; medians of ${rounds}:`);
  console.log(
    `package ${median(rows.map((row) => row.ours)).toFixed(2)} s, tar + sha256 + write ${median(rows.map((row) => row.theirs)).toFixed(2)} s`,
  );
  console.log(
    `ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
  );
  console.log(`resident memory of the tool ${(median(rows.map((row) => row.residentBytes)) / 2 ** 20).toFixed(0)} MiB`);
} finally {
  rmSync(place, { recursive: true, force: true });
}

function packageOnce(): { seconds: number; residentBytes: number } {
  const begun = performance.now();
  const result = spawnSync(
    process.execPath,
    ['--require', hookFile(), 'dist/src/cli.js', 'package', '--no-frozen', project],
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
