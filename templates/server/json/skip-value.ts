import { keepShape } from '../keep-shape.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest } from '../request-error.ts';
import { goOn, type Steps, takeAtOnce } from '../take-in-turns.ts';
import { JsonReader } from './reader.ts';

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

/** Whether the value that the reader stands at has parts. */
export function isNested(reader: JsonReader): boolean {
  const byte = reader.peek();
  return byte === OPEN_ARRAY || byte === OPEN_OBJECT;
}

/** Reads past any value, holding it to the grammar all the same. */
export class Skipping {
  readonly #reader: JsonReader;
  /** Of the brackets that are open, whether each is an array's. */
  readonly #open: boolean[] = [];

  constructor(reader: JsonReader) {
    this.#reader = reader;
  }

  /** Reads on until a step ends; gives whether the value has. */
  readOn(): boolean {
    const reader = this.#reader;
    const { jsonDepth } = reader.limits;
    const open = this.#open;
    do {
      if (stepEnds(reader)) return false;
      if (isNested(reader)) {
        if (open.length === jsonDepth) {
          throw badRequest(`JSON nested deeper than ${jsonDepth} levels at byte ${reader.place}`);
        }
        const isArray = reader.peek() === OPEN_ARRAY;
        open.push(isArray);
        if (isArray ? reader.openArray('') : reader.openObject('')) continue;
        open.pop();
      } else reader.skipScalar();
      while (open.length > 0 && !(open[open.length - 1] ? reader.nextElement() : reader.nextMember())) open.pop();
    } while (open.length > 0);
    return true;
  }
}

keepShape(new Skipping(new JsonReader(Buffer.alloc(0))));

/** Reads past a value, or begins to: gives what is left of it. */
export function beginSkip(reader: JsonReader): Steps<void> | undefined {
  if (isNested(reader)) {
    const skipping = new Skipping(reader);
    return skipping.readOn() ? undefined : goOn(skipping);
  }
  reader.skipScalar();
  return undefined;
}

/** Reads past a value in one go. */
export function skipValue(reader: JsonReader): void {
  const rest = beginSkip(reader);
  if (rest) takeAtOnce(rest);
}
