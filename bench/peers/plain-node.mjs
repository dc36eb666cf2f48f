// A plain Node server over onnxruntime-node: node:http, JSON.parse, one run a request. Usage: MODEL PORT, beside a node_modules.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const [model, port, runtime] = process.argv.slice(2);
const ort = createRequire(`${runtime}/`)('onnxruntime-node');
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1 });
const [output] = session.outputNames;

createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', async () => {
    try {
      const text = Buffer.concat(pieces).toString();
      if (text === '') return void response.end();
      const { id, inputs } = JSON.parse(text);
      const [{ name, shape, data }] = inputs;
      const found = await session.run({ [name]: new ort.Tensor('float32', Float32Array.from(data), shape) });
      const { dims, data: elements } = found[output];
      const outputs = [{ name: output, datatype: 'FP32', shape: dims, data: Array.from(elements) }];
      const body = JSON.stringify({ model_name: 'model', model_version: '1', id, outputs });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    } catch (error) {
      response.writeHead(500);
      response.end(String(error));
    }
  });
}).listen(Number(port), '127.0.0.1');
