import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../nouns/shell-word.ts';
import type { VerdictFailure } from '../../nouns/verdict.ts';
import type { Attributed } from './attribute-problem.ts';
import { encodeRequest } from './wire.ts';

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
  const { request, rows, requests, encoding } = shown;
  const body = encodeRequest(request, encoding);
  const file = `failure-${number}.${encoding === 'json' ? 'json' : 'bin'}`;
  await writeFile(join(folder, file), body.bytes);
  const headers = Object.entries(body.headers).map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`);
  const url = `http://127.0.0.1:8080/v2/models/${model}/infer`;
  const send = `curl -s ${shellWord(url)} ${headers.join(' ')} --data-binary ${shellWord(`@${file}`)}`;
  const command = requests === 1 ? send : `seq ${requests} | xargs -P ${requests} -I{} ${send}`;
  return { ...failure, smallest: { rows: rows?.length ?? request[0]?.shape[0] ?? null, requests, file, command } };
}
