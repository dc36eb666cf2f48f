import type { JsonReader } from '../json/reader.ts';
import { skipValue } from '../json/skip-value.ts';
import { RequestError } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import { isKey } from './members.ts';
import { lastAsInput, readDims } from './read-inputs.ts';

/** Where the floating-point numbers of a request's first input begin. */
export interface FoundFloats {
  readonly port: Port;
  readonly dims: readonly number[];
  /** Right behind the bracket that opens them. */
  readonly at: number;
}

/**
 * Looks at the beginning of a request for flat data of its first input, with the name, the datatype and the shape before it, as clients write
 * them. `undefined` where the request is another one, is at fault, or goes on behind what has come in.
 */
export function findFloats(reader: JsonReader, signature: Signature): FoundFloats | undefined {
  try {
    return find(reader, signature);
  } catch (error) {
    // Told of once the whole request is read.
    if (error instanceof RequestError) return undefined;
    throw error;
  }
}

function find(reader: JsonReader, signature: Signature): FoundFloats | undefined {
  for (let more = reader.openObject(''); more; more = reader.nextMember()) {
    if (isKey(reader, 'inputs')) return reader.openArray('') ? findInEntry(reader, signature) : undefined;
    skipValue(reader);
  }
  return undefined;
}

function findInEntry(reader: JsonReader, signature: Signature): FoundFloats | undefined {
  let port: Port | undefined;
  let isOfItsType = false;
  let dims: readonly number[] | undefined;
  for (let more = reader.openObject(''); more; more = reader.nextMember()) {
    if (isKey(reader, 'name')) {
      reader.readString('');
      port = lastAsInput(reader, signature);
    } else if (isKey(reader, 'datatype')) {
      reader.readString('');
      isOfItsType = port !== undefined && reader.lastIs(port.datatype.name);
    } else if (isKey(reader, 'shape')) dims = readDims(reader);
    else if (isKey(reader, 'data')) {
      const isFloat = port?.type === 'float' || port?.type === 'double';
      if (port === undefined || dims === undefined || !isFloat || !isOfItsType) return undefined;
      reader.peek();
      const at = reader.position + 1;
      return reader.openArray('') && isNumber(reader.peek()) ? { port, dims, at } : undefined;
    } else skipValue(reader);
  }
  return undefined;
}

/** Whether a number may begin with it. */
function isNumber(byte: number): boolean {
  return byte === MINUS || (byte >= ZERO && byte <= NINE);
}

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
