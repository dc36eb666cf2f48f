// What any program pays for a model as it was exported: loads the runtime and makes the session, with its own optimisations. Says how long that
// took. Started in the folder of a server that was laid out, for its runtime; the model's file is the first argument.
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const begun = performance.now();
const { binding, initOrt } = createRequire(join(process.cwd(), 'server.mjs'))('onnxruntime-node/dist/binding.js');
initOrt();
new binding.InferenceSession().loadModel(process.argv[2], { intraOpNumThreads: availableParallelism() });
console.log(JSON.stringify({ event: 'ready', loadMs: performance.now() - begun }));
