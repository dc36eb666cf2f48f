import { NOT_A_NUMBER, readNumber } from '../json/number.ts';
import type { JsonReader } from '../json/reader.ts';
import { beginSkip } from '../json/skip-value.ts';
import { badRequest } from '../request-error.ts';

/** What the server does by a request's, an input's or an output's parameters. */
export interface Parameters {
  binaryData: boolean | undefined;
  binaryDataOutput: boolean | undefined;
  binaryDataSize: number | undefined;
  /** Most time until the answer, in microseconds, as Triton's clients give it. */
  timeoutMicroseconds: number | undefined;
  priority: number | undefined;
  /** The members that steer nothing here, as JSON without the braces, to go back with the answer. */
  echo: string;
}

/** Parameters go back with the answer and into logs of others; nobody means more than a few of them. */
export const MAX_PARAMETERS_BYTES = 16 * 1024;

/** Parameters that ask for what this server does not do; going on without would answer something else. */
export const REFUSED: Readonly<Record<string, string>> = {
  shared_memory_region: 'shared memory is not served; send the data with the request',
  classification: 'the classification extension is not served; ask for the output itself',
};

/**
 * Reads the `parameters` of a request, an input or an output.
 *
 * @throws RequestError 400 that names the parameter
 */
export function readParameters(reader: JsonReader, what: string): Parameters {
  const found: Parameters = {
    binaryData: undefined,
    binaryDataOutput: undefined,
    binaryDataSize: undefined,
    timeoutMicroseconds: undefined,
    priority: undefined,
    echo: '',
  };
  if (reader.takeNull()) return found;
  const start = reader.position;
  const names = new Set<string>();
  for (let more = reader.openObject(`"parameters" of ${what}`); more; more = reader.nextMember()) {
    const name = reader.lastString();
    if (Object.hasOwn(REFUSED, name)) throw badRequest(`parameter "${name}" of ${what}: ${REFUSED[name]}`);
    if (names.has(name)) throw badRequest(`parameter "${name}" of ${what} is there twice`);
    names.add(name);
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read) {
      if (!reader.takeNull()) read(reader, found, `parameter "${name}" of ${what}`);
    } else {
      reader.peek();
      const valueAt = reader.position;
      const rest = beginSkip(reader);
      if (rest) for (const _ of rest) assertShort(reader, start, what);
      const value = reader.textFrom(valueAt);
      found.echo += `${found.echo === '' ? '' : ','}${JSON.stringify(name)}:${value}`;
    }
    assertShort(reader, start, what);
  }
  return found;
}

function assertShort({ position }: JsonReader, start: number, what: string): void {
  if (position - start <= MAX_PARAMETERS_BYTES) return;
  throw badRequest(`"parameters" of ${what}: wanted at most ${MAX_PARAMETERS_BYTES} bytes of JSON`);
}

type ReadParameter = (reader: JsonReader, into: Parameters, what: string) => void;

const READERS: Readonly<Record<string, ReadParameter>> = {
  binary_data: (reader, into, what) => {
    into.binaryData = readBoolean(reader, what);
  },
  binary_data_output: (reader, into, what) => {
    into.binaryDataOutput = readBoolean(reader, what);
  },
  binary_data_size: (reader, into, what) => {
    into.binaryDataSize = readCount(reader, what);
  },
  timeout: (reader, into, what) => {
    into.timeoutMicroseconds = readCount(reader, what);
  },
  priority: (reader, into, what) => {
    into.priority = readCount(reader, what);
  },
};

function readBoolean(reader: JsonReader, what: string): boolean {
  reader.peek();
  if (reader.takeWord('true')) return true;
  if (reader.takeWord('false')) return false;
  throw reader.mismatch(what, 'true or false');
}

function readCount(reader: JsonReader, what: string): number {
  reader.peek();
  const start = reader.position;
  const value = readNumber(reader, false);
  if (value !== NOT_A_NUMBER && Number.isSafeInteger(value) && value >= 0) return value;
  reader.position = start;
  throw reader.mismatch(what, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
}
