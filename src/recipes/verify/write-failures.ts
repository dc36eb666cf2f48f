import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../nouns/shell-word.ts';
import type { VerdictFailure } from '../../nouns/verdict.ts';
import type { Tensors } from '../../verify/rows.ts';
import { GRPC_PORT } from '../engine-server.ts';
import type { Attributed } from './attribute-problem.ts';
import { INFER_PATH } from './wire/ask-over-grpc.ts';
import { framed } from './wire/call-unary.ts';
import { encodeInfer } from './wire/grpc.ts';
import { type Encoding, encodeRequest } from './wire/rest.ts';
import type { Way } from './wire/way.ts';

/** Writes the smallest request of each failure as a file, with a line for a shell that sends it to a server on its usual port. */
export async function writeFailures(
  attributed: readonly Attributed[],
  { folder, model }: { readonly folder: string; readonly model: string },
): Promise<readonly VerdictFailure[]> {
  await rm(folder, { recursive: true, force: true });
  if (attributed.length === 0) return [];
  await mkdir(folder, { recursive: true });
  return Promise.all(attributed.map((one, index) => writeFailure(one, { folder, model, number: index + 1 })));
}

async function writeFailure(
  { failure, shown }: Attributed,
  { folder, model, number }: { readonly folder: string; readonly model: string; readonly number: number },
): Promise<VerdictFailure> {
  const { request, rows, requests, way } = shown;
  const { url, bytes, headers, options } =
    way === 'json' || way === 'binary' ? overRest(request, { way, model }) : overGrpc(request, { way, model });
  const file = `failure-${number}.${way === 'json' ? 'json' : 'bin'}`;
  await writeFile(join(folder, file), bytes);
  const fields = Object.entries(headers).map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`);
  const send = `curl ${options} ${shellWord(url)} ${fields.join(' ')} --data-binary ${shellWord(`@${file}`)}`;
  const command = requests === 1 ? send : `seq ${requests} | xargs -P ${requests} -I{} ${send}`;
  return { ...failure, smallest: { rows: rows?.length ?? request[0]?.shape[0] ?? null, requests, file, command } };
}

interface Sent {
  readonly url: string;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: string;
}

function overRest(request: Tensors, { way, model }: { readonly way: Encoding; readonly model: string }): Sent {
  return { url: `http://127.0.0.1:8080/v2/models/${model}/infer`, ...encodeRequest(request, way), options: '-s' };
}

/** curl sends it as it sends any stream of HTTP/2; what it tells of it has the status of gRPC. */
function overGrpc(
  request: Tensors,
  { way, model }: { readonly way: Exclude<Way, Encoding>; readonly model: string },
): Sent {
  return {
    url: `http://127.0.0.1:${GRPC_PORT}${INFER_PATH}`,
    bytes: framed(encodeInfer(request, { model, contents: way === 'grpc' ? 'raw' : 'typed' })),
    headers: { 'content-type': 'application/grpc', te: 'trailers' },
    options: '-sv --http2-prior-knowledge --output -',
  };
}
