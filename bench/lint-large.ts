import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argument, median } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * `lint --static` of a model of a gigabyte against what a Python script does with it: onnx.load, checker and shape inference; and
 * against the same graph with small weights. Needs a Python with onnx. Usage:
 * npx tsx bench/lint-large.ts [--python PYTHON] [--bytes N] [--rounds N]
 */
const python = argument('python') ?? 'python3';
const bytes = Number(argument('bytes') ?? 1e9);
const rounds = Number(argument('rounds') ?? 5);
const place = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
const [large, small] = [join(place, 'large.onnx'), join(place, 'small.onnx')];

/** onnx.checker takes a path, since a message of a gigabyte and more does not always fit through protobuf. */
const PEER = `
import sys, onnx
model = onnx.load(sys.argv[1])
onnx.checker.check_model(sys.argv[1])
onnx.shape_inference.infer_shapes(model)
`;

try {
  await writeLargeModel(large, { bytes, seed: 1 });
  await writeLargeModel(small, { bytes: 10e6, layers: Math.round(bytes / (2048 * 2048 * 4)), seed: 1 });
  const rows = Array.from({ length: rounds }, () => ({
    large: lint(large),
    small: lint(small),
    peer: timed(python, ['-c', PEER, large]),
  }));
  const middle = (pick: (row: (typeof rows)[number]) => number) => median(rows.map(pick));
  console.log(
    `lint --static, ${(bytes / 1e9).toFixed(1)} GB: ${middle((row) => row.large.seconds).toFixed(2)} s, ${middle((row) => row.large.residentMiB).toFixed(0)} MiB resident`,
  );
  console.log(
    `same graph, 10 MB of weights: ${middle((row) => row.small.seconds).toFixed(2)} s; ratio ${middle((row) => row.large.seconds / row.small.seconds).toFixed(2)}`,
  );
  console.log(
    `onnx.load + checker + shape_inference: ${middle((row) => row.peer.seconds).toFixed(2)} s; ratio ${middle((row) => row.peer.seconds / row.large.seconds).toFixed(1)}`,
  );
} finally {
  rmSync(place, { recursive: true, force: true });
}

function lint(model: string): Timing {
  return timed(process.execPath, ['dist/src/cli.js', 'lint', '--static', model]);
}

interface Timing {
  readonly seconds: number;
  readonly residentMiB: number;
}

/** Runs a command below GNU time, which knows the peak of what it started. */
function timed(command: string, parameters: readonly string[]): Timing {
  const begun = performance.now();
  const { status, stderr } = spawnSync('/usr/bin/time', ['-f', 'peak %M', command, ...parameters], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return { seconds: (performance.now() - begun) / 1000, residentMiB: Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024 };
}
