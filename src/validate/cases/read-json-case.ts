import { readFile, stat } from 'node:fs/promises';
import { Case, type CaseTensor } from '../../../schemas/case.ts';
import { Failure } from '../../nouns/failure.ts';
import { refuseCase, unreadableCase } from './refuse-case.ts';

/** A case holds a request; one that is larger than any server's limit is a mistake. */
export const LARGEST_CASE_BYTES = 64 * 2 ** 20;

/** The case in a JSON file. Throws a Failure `cases/missing` or `cases/invalid`. */
export async function readJsonCase(file: string): Promise<Case> {
  const result = Case.safeParse(parseJson(await readText(file), file));
  if (!result.success) {
    const { path = [], message = '' } = result.error.issues[0] ?? {};
    const where = path.length === 0 ? '' : `${path.join('.')}: `;
    throw refuseCase(file, { code: 'invalid', message: `is no case: ${where}${message}` });
  }
  for (const tensor of [...result.data.inputs, ...result.data.outputs]) {
    const wanted = tensor.shape.reduce((product, size) => product * size, 1);
    if (tensor.data.length !== wanted) {
      const message = `is no case: "${tensor.name}" has ${tensor.data.length} elements; its shape wants ${wanted}`;
      throw refuseCase(file, { code: 'invalid', message });
    }
    assertElements(tensor, file);
  }
  return result.data;
}

/** What JSON has no numbers for, as the server reads and writes it. */
const NO_NUMBERS: readonly unknown[] = ['NaN', 'Infinity', '-Infinity'];

/** A text among numbers would be taken for NaN, or for zero, without a word. */
function assertElements({ name, datatype, data }: CaseTensor, file: string): void {
  const isElement = ELEMENTS[datatype[0] ?? ''];
  const wrong = data.findIndex((value) => isElement !== undefined && !isElement(value));
  if (wrong < 0) return;
  const message = `is no case: element ${wrong} of "${name}" is ${JSON.stringify(data[wrong])}, which is no ${datatype}`;
  throw refuseCase(file, { code: 'invalid', message });
}

/** By the first letter of a datatype: floats, integers with and without sign; texts and booleans may be written as anything. */
const isDigits = (value: unknown): boolean =>
  Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value));
const ELEMENTS: Readonly<Record<string, (value: unknown) => boolean>> = {
  F: (value) => typeof value === 'number' || NO_NUMBERS.includes(value),
  I: isDigits,
  U: isDigits,
};

async function readText(file: string): Promise<string> {
  try {
    const facts = await stat(file);
    if (!facts.isFile()) throw refuseCase(file, { code: 'invalid', message: 'is no file' });
    if (facts.size <= LARGEST_CASE_BYTES) return await readFile(file, 'utf8');
    const message = `has ${facts.size} bytes; a case has at most ${LARGEST_CASE_BYTES}`;
    throw refuseCase(file, { code: 'invalid', message });
  } catch (cause) {
    throw cause instanceof Failure ? cause : unreadableCase(file, cause);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuseCase(file, { code: 'invalid', message: `is not JSON: ${(cause as Error).message}`, cause });
  }
}
