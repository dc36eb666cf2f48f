import type { RequestLimits } from '../limits.ts';
import { MAX_PARAMETERS_BYTES, REFUSED } from '../open-inference/parameters.ts';
import { badRequest } from '../request-error.ts';
import { WIRE, WireReader } from './wire-reader.ts';

/** The parameters of a request, an input or an output, entry by entry. */
export class GrpcParameters {
  timeoutMicroseconds: number | undefined;
  priority: number | undefined;
  /** Entries that steer nothing here, as they came. */
  readonly echo: Buffer[] = [];
  readonly #what: string;
  readonly #limits: RequestLimits;
  #bytes = 0;

  constructor(what: string, limits: RequestLimits) {
    this.#what = what;
    this.#limits = limits;
  }

  /** @throws RequestError 400 that names the parameter */
  add(entry: Buffer): void {
    this.#bytes += entry.length;
    if (this.#bytes > MAX_PARAMETERS_BYTES) {
      throw badRequest(`"parameters" of ${this.#what}: wanted at most ${MAX_PARAMETERS_BYTES} bytes`);
    }
    const { name, value } = readEntry(entry, this.#limits);
    if (Object.hasOwn(REFUSED, name)) throw badRequest(`parameter "${name}" of ${this.#what}: ${REFUSED[name]}`);
    if (name === 'timeout') this.timeoutMicroseconds = countOf(value, `"timeout" of ${this.#what}`);
    else if (name === 'priority') this.priority = countOf(value, `"priority" of ${this.#what}`);
    else this.echo.push(entry);
  }
}

function readEntry(entry: Buffer, limits: RequestLimits): { name: string; value: WireReader | undefined } {
  const reader = new WireReader(entry);
  let name = '';
  let value: WireReader | undefined;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) name = reader.text('the name of a parameter', limits.stringBytes);
    else if (field === 2) value = reader.message(`parameter "${name}"`);
    else reader.skip();
  }
  return { name, value };
}

const INT64_PARAM = 2;
const UINT64_PARAM = 5;

/** A whole number, of either kind that clients send it as. */
function countOf(value: WireReader | undefined, what: string): number {
  let count = 0;
  if (value === undefined) throw badRequest(`parameter ${what} has no value`);
  for (let field = value.nextField(); field !== 0; field = value.nextField()) {
    const isCount = (field === INT64_PARAM || field === UINT64_PARAM) && value.wireType === WIRE.varint;
    if (!isCount) throw badRequest(`parameter ${what}: wanted a whole number`);
    value.varint();
    count = field === INT64_PARAM ? value.signed() : value.unsigned();
  }
  if (count < 0) throw badRequest(`parameter ${what}: wanted a whole number from 0 up, found ${count}`);
  return count;
}
