// What Node's HTTP server makes of the same JSON without a model: parses it, and answers one number. Usage: PORT
import { createServer } from 'node:http';

createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const text = Buffer.concat(pieces).toString();
    if (text === '') return void response.end();
    const { id, inputs } = JSON.parse(text);
    const data = Float32Array.from(inputs[0].data);
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 1], data: [data[0]] }];
    const body = JSON.stringify({ model_name: 'model', model_version: '1', id, outputs });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
