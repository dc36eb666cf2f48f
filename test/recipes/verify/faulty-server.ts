import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { CaseTensor } from '../../../schemas/case.ts';
import type { Plan } from '../../../schemas/plan.ts';
import { decodeAnswer, encodeRequest } from '../../../src/recipes/verify/wire/rest.ts';

/** What a server of `y = 2x` does wrong. */
export type Fault =
  | 'none'
  | 'swaps rows'
  | 'drifts'
  | 'is wrong at first'
  | 'hangs up'
  | 'fails'
  | 'is wrong under load'
  | 'is wrong in binary form'
  | 'has no room'
  | 'falls over NaN'
  | 'gives another shape'
  | 'scales';

export interface FaultyServer {
  readonly address: string;
  close(): Promise<void>;
}

/** A server of the Open Inference Protocol for the model `y = 2x`, with a fault. */
export async function openFaultyServer(fault: Fault): Promise<FaultyServer> {
  let [asked, underWay] = [0, 0];
  const server = createServer(async (request, response) => {
    asked += 1;
    underWay += 1;
    const body = await buffer(request);
    const length = request.headers['inference-header-content-length'];
    const isBinary = length !== undefined;
    const head = isBinary ? Number(length) : body.length;
    // A request is read as an answer whose outputs are its inputs.
    const renamed = Buffer.from(body.toString('utf8', 0, head).replace('"inputs"', '"outputs"'));
    const [x] = decodeAnswer(Buffer.concat([renamed, body.subarray(head)]), isBinary ? renamed.length : undefined);
    if (fault === 'is wrong under load') await new Promise((resolve) => setTimeout(resolve, 5));
    const y = answerTo(x as CaseTensor, { fault, asked, underWay, isBinary });
    underWay -= 1;
    if (y === 'hang up') return void request.socket.destroy();
    if (typeof y === 'number') return void response.writeHead(y).end('{"error":"no"}');
    const { bytes, headers } = encodeRequest([y], isBinary ? 'binary' : 'json');
    const own = Number(headers['inference-header-content-length'] ?? bytes.length);
    const answer = Buffer.from(bytes.toString('utf8', 0, own).replace('"inputs"', '"outputs"'));
    response.writeHead(200, isBinary ? { 'inference-header-content-length': answer.length } : {});
    response.end(Buffer.concat([answer, bytes.subarray(own)]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Moment {
  readonly fault: Fault;
  readonly asked: number;
  readonly underWay: number;
  readonly isBinary: boolean;
}

function answerTo(x: CaseTensor, { fault, asked, underWay, isBinary }: Moment): CaseTensor | number | 'hang up' {
  const values = x.data.map((value) => 2 * Number(value));
  const y = (data: CaseTensor['data'], shape = x.shape): CaseTensor => ({ name: 'y', datatype: 'FP32', shape, data });
  if (fault === 'swaps rows') return y(values.reverse());
  if (fault === 'drifts') return y(values.map((value) => value + asked));
  if (fault === 'is wrong at first' && asked <= 2) return y(values.map((value) => value + 1));
  if (fault === 'hangs up') return 'hang up';
  if (fault === 'fails') return 500;
  if (fault === 'is wrong under load' && underWay > 3) return y(values.map((value) => value + 1));
  if (fault === 'is wrong in binary form' && isBinary) return y(values.map((value) => value + 1));
  if (fault === 'has no room' && values.length > 4) return 413;
  if (fault === 'falls over NaN' && values.some(Number.isNaN)) return 'hang up';
  if (fault === 'gives another shape') return y(values, [...x.shape, 1]);
  if (fault === 'scales') return y(values.map((value) => 3 * value));
  return y(values);
}

/** Of `y = 2x` with rows of one number, proven to be independent. */
export const PLAN: Plan = {
  schema: 'plimsoll.plan/1',
  name: 'double',
  version: '1',
  model: {
    file: 'model.onnx',
    digest: 'sha256:0',
    data: [],
    optionalInputs: [],
    inputs: [{ name: 'x', elementType: 'float', shape: ['batch'] }],
    outputs: [{ name: 'y', elementType: 'float', shape: ['batch'] }],
  },
  bounds: { batch: 16 },
  profile: 'lean',
  sessionOptions: {},
  environment: {},
  limits: { bodyBytes: 2 ** 20, queue: 16 },
  batching: { state: 'proven', maxSize: 16, maxDelayMs: 0, provenRows: [2] },
  concurrency: 1,
  memory: null,
  memoryBytes: null,
};
