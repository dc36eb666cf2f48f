// The least that a Node program needs until a packaged model has answered once: loads the runtime, makes the session with the plan's own
// options and runs it. Says so as the server does, with how long it took to load runtime and model. Started in the folder of a server
// that was laid out.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const { model, sessionOptions } = JSON.parse(readFileSync('model/plan.json', 'utf8'));
const begun = performance.now();
const { binding, initOrt } = createRequire(join(process.cwd(), 'server.mjs'))('onnxruntime-node/dist/binding.js');
initOrt();
const session = new binding.InferenceSession();
session.loadModel(join('model', model.file), { ...sessionOptions, intraOpNumThreads: availableParallelism() });
const loadMs = performance.now() - begun;
const [{ name, shape }] = model.inputs;
const dims = [1, ...shape.slice(1)];
const data = new Float32Array(dims.reduce((product, size) => product * size, 1));
session.run({ [name]: { type: 'float32', dims, data, location: 'cpu' } }, { [model.outputs[0].name]: null }, {});
console.log(JSON.stringify({ event: 'ready', loadMs }));
