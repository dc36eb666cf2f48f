import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Case } from '../../../schemas/case.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';

/** A case holds a request; one that is larger than any server's limit is a mistake. */
const LARGEST_CASE_BYTES = 64 * 2 ** 20;

/**
 * The cases of a folder, in the order of their file names.
 * @throws Failure `cases/missing`, `cases/empty`, `cases/invalid`.
 */
export async function readCases(folder: string): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const file of await caseFiles(folder)) cases.push(await readCase(file));
  return cases;
}

/** The first case alone: what a trial run is fed with. */
export async function readFirstCase(folder: string): Promise<Case> {
  const [first] = await caseFiles(folder);
  if (first === undefined) throw refuse(folder, { code: 'empty', message: 'holds no *.json file' });
  return readCase(first);
}

async function caseFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw refuse(folder, { code: 'missing', message: `cannot be read: ${cause.code ?? cause.message}`, cause });
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length === 0) throw refuse(folder, { code: 'empty', message: 'holds no *.json file' });
  return files.map((name) => join(folder, name));
}

async function readCase(file: string): Promise<Case> {
  const result = Case.safeParse(parseJson(await readText(file), file));
  if (!result.success) {
    const { path = [], message = '' } = result.error.issues[0] ?? {};
    const where = path.length === 0 ? '' : `${path.join('.')}: `;
    throw refuse(file, { code: 'invalid', message: `is no case: ${where}${message}` });
  }
  for (const tensor of [...result.data.inputs, ...result.data.outputs]) {
    const wanted = tensor.shape.reduce((product, size) => product * size, 1);
    if (tensor.data.length !== wanted) {
      const message = `is no case: "${tensor.name}" has ${tensor.data.length} elements; its shape wants ${wanted}`;
      throw refuse(file, { code: 'invalid', message });
    }
  }
  return result.data;
}

async function readText(file: string): Promise<string> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) throw refuse(file, { code: 'invalid', message: 'is no file' });
    if (facts.size <= LARGEST_CASE_BYTES) return await readFile(file, 'utf8');
    const message = `has ${facts.size} bytes; a case has at most ${LARGEST_CASE_BYTES}`;
    throw refuse(file, { code: 'invalid', message });
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw refuse(file, { code: 'missing', message: `cannot be read: ${code ?? message}`, cause });
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(file, { code: 'invalid', message: `is not JSON: ${(cause as Error).message}`, cause });
  }
}

function refuse(path: string, facts: { code: string; message: string; cause?: unknown }): Failure {
  return new Failure(`${path} ${facts.message}`, {
    code: `cases/${facts.code}`,
    exit: EXIT.usage,
    mend: 'Write cases as docs/cases.md shows, or leave the key "cases" out of plimsoll.yaml.',
    cause: facts.cause,
  });
}
