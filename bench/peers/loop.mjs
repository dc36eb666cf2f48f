// What the runtime gives without a server: runs of a packaged model one after another, for each number of rows, with the plan's own session
// options. Prints rows a second and microseconds of processor time a row, by the rows of a run, as JSON. Usage: FOLDER SECONDS ROWS..., the folder being that of a server that was laid out
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Least milliseconds for one number of rows before the next has its turn. */
const TURN_MS = 20;

const [folder, seconds, ...sizes] = process.argv.slice(2);
const ort = createRequire(`${folder}/`)('onnxruntime-node');
const { model, sessionOptions } = JSON.parse(readFileSync(join(folder, 'model', 'plan.json'), 'utf8'));
const options = { ...sessionOptions, intraOpNumThreads: 1 };
const session = await ort.InferenceSession.create(join(folder, 'model', model.file), options);
const [{ name, shape }] = model.inputs;

// By turns: a machine that is slower for a while is so for every number of rows.
const loads = sizes.map(Number).map((rows) => {
  const dims = [rows, ...shape.slice(1)];
  const length = dims.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, index) => Math.round(Math.sin(index) * 1e4) / 1e4);
  return { rows, feeds: { [name]: new ort.Tensor('float32', data, dims) }, runs: 0, milliseconds: 0, cpu: 0 };
});
for (const { feeds } of loads) await session.run(feeds);
for (const end = performance.now() + 1000 * Number(seconds); performance.now() < end; ) {
  for (const load of loads) {
    const begun = performance.now();
    const cpuBegun = process.cpuUsage();
    // Short runs come several at a time, so that the clock is no part of them.
    do {
      await session.run(load.feeds);
      load.runs++;
    } while (performance.now() < begun + TURN_MS);
    const { user, system } = process.cpuUsage(cpuBegun);
    load.milliseconds += performance.now() - begun;
    load.cpu += user + system;
  }
}
const rates = loads.map(({ rows, runs, milliseconds, cpu }) => [
  rows,
  { perSecond: (1000 * rows * runs) / milliseconds, cpuMicroseconds: cpu / (rows * runs) },
]);
console.log(JSON.stringify(Object.fromEntries(rates)));
