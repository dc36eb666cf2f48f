import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INFERENCE_PROTO } from '../../templates/server/grpc/inference-proto.ts';
import { WireWriter } from '../../templates/server/grpc/wire-writer.ts';

const METHOD = 'inference.GRPCInferenceService/ModelInfer';

export interface GrpcLoad {
  readonly perSecond: number;
  readonly p99Ms: number;
}

export interface GrpcLoadOptions {
  /** A row of the model's one input. */
  readonly row: readonly number[];
  readonly connections: number;
  readonly seconds: number;
  /** For files. */
  readonly folder: string;
}

/**
 * One call after another on each of so many connections, from the client's core, by h2load: it costs a tenth of what a client of gRPC does, so
 * that servers are what is measured. It does not look into answers; `askOnce` does.
 */
export async function loadGrpc(port: number, options: GrpcLoadOptions): Promise<GrpcLoad> {
  const { connections, seconds, folder } = options;
  const files = { body: join(folder, 'call.bin'), log: join(folder, 'calls.tsv') };
  writeFileSync(files.body, callOf(options.row));
  rmSync(files.log, { force: true });
  const args = [
    ...['-c', '1', 'h2load', '--clients', `${connections}`, '--max-concurrent-streams', '1'],
    ...['--duration', `${seconds}`, '--data', files.body, '--log-file', files.log],
    ...['--header', 'content-type: application/grpc', '--header', 'te: trailers'],
    `http://127.0.0.1:${port}/${METHOD}`,
  ];
  await promisify(execFile)('taskset', args, { maxBuffer: 2 ** 30 });
  const calls = readFileSync(files.log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number));
  const wrong = calls.filter(([, status]) => status !== 200);
  if (wrong.length > 0) throw new Error(`${wrong.length} of ${calls.length} calls had no answer`);
  const took = calls.map(([, , microseconds = 0]) => microseconds).sort((a, b) => a - b);
  return { perSecond: calls.length / seconds, p99Ms: (took[Math.floor(0.99 * took.length)] ?? 0) / 1000 };
}

/** Calls at once that never wait for each other, by ghz, which looks into answers: how many had which status. */
export async function askAtOnce(
  port: number,
  { client, concurrency, row, connections, seconds, folder }: GrpcLoadOptions & { client: string; concurrency: number },
): Promise<Readonly<Record<string, number>>> {
  const proto = join(folder, 'inference.proto');
  writeFileSync(proto, INFERENCE_PROTO);
  const input = { name: 'x', datatype: 'FP32', shape: [1, row.length], contents: { fp32_contents: row } };
  const args = [
    ...['-c', '1', client, '--insecure', '--proto', proto, '--call', METHOD.replace('/', '.')],
    ...['--data', JSON.stringify({ model_name: 'model', inputs: [input] })],
    ...['--connections', `${connections}`, '--concurrency', `${concurrency}`, '--cpus', '1'],
    // Calls that are under way at the end are waited for, and not counted as lost.
    ...['--duration', `${seconds}s`, '--duration-stop', 'wait', '--format', 'json', `127.0.0.1:${port}`],
  ];
  const { stdout } = await promisify(execFile)('taskset', args, { maxBuffer: 2 ** 30 });
  return JSON.parse(stdout).statusCodeDistribution;
}

/** A call's one message with its prefix. */
function callOf(row: readonly number[]): Buffer {
  const contents = new WireWriter().span(6, new Uint8Array(Float32Array.from(row).buffer)).finish();
  const input = new WireWriter().text(1, 'x').text(2, 'FP32').packed(3, [1, row.length]).span(5, contents).finish();
  const message = new WireWriter().text(1, 'model').span(5, input).finish();
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
