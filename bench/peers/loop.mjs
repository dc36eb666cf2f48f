// What the runtime gives without a server: runs of a packaged model one after another, for each number of rows, with the plan's own session
// options. Prints rows a second and microseconds of processor time a row, by the rows of a run, as JSON. Usage: FOLDER SECONDS ROWS..., the folder being that of a server that was laid out
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, seconds, ...sizes] = process.argv.slice(2);
const ort = createRequire(`${folder}/`)('onnxruntime-node');
const { model, sessionOptions } = JSON.parse(readFileSync(join(folder, 'model', 'plan.json'), 'utf8'));
const options = { ...sessionOptions, intraOpNumThreads: 1 };
const session = await ort.InferenceSession.create(join(folder, 'model', model.file), options);
const [{ name, shape }] = model.inputs;

const rates = {};
for (const rows of sizes.map(Number)) {
  const dims = [rows, ...shape.slice(1)];
  const length = dims.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, (_, index) => Math.round(Math.sin(index) * 1e4) / 1e4);
  const feeds = { [name]: new ort.Tensor('float32', data, dims) };
  await session.run(feeds);
  const begun = performance.now();
  const cpuBegun = process.cpuUsage();
  let runs = 0;
  for (; performance.now() < begun + 1000 * Number(seconds); runs++) await session.run(feeds);
  const { user, system } = process.cpuUsage(cpuBegun);
  const perSecond = (1000 * rows * runs) / (performance.now() - begun);
  rates[rows] = { perSecond, cpuMicroseconds: (user + system) / (rows * runs) };
}
console.log(JSON.stringify(rates));
