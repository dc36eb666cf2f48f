import type { ListField } from './fields.ts';
import { COST, EAGER_LIST_BYTES, READ_LIMITS, type ReadLimits } from './limits.ts';
import type { Span } from './model.ts';
import { type FileIdentity, SourceFile } from './source-file.ts';
import { WireReader } from './wire-reader.ts';

/** Collects the records of one repeated field while its message is walked, without decoding them. */
export class ListRecords {
  readonly field: ListField;
  readonly runs: Span[] = [];
  readonly #wire: WireReader;
  /** Elements whose number the lengths alone tell. */
  #counted = 0;
  /** Packed integers, whose number only their bytes tell. */
  readonly #uncounted: Span[] = [];
  #bytes = 0;

  constructor(wire: WireReader, field: ListField) {
    this.#wire = wire;
    this.field = field;
  }

  /** Takes the field in hand, if it is one of this list's, and all that directly follow. */
  take(tag: number): boolean {
    if (tag === this.field.tag) {
      const { run, records } = this.#wire.run(tag);
      this.#counted += records;
      this.#add(run);
      return true;
    }
    if (tag !== this.field.packedTag) return false;
    const offset = this.#wire.fieldStart;
    const payload = this.#wire.span();
    if (payload.length === 0) return true;
    this.#countPacked(payload);
    this.#add({ offset, length: payload.offset + payload.length - offset });
    return true;
  }

  get isEmpty(): boolean {
    return this.runs.length === 0;
  }

  /** Short enough to be decoded at once. */
  get isShort(): boolean {
    return this.#bytes <= EAGER_LIST_BYTES;
  }

  /** How many elements there are; reads packed integers through, once, when first asked. */
  counter(): () => number {
    const identity = this.#wire.file.identity;
    const uncounted = this.#uncounted;
    let count: number | undefined = uncounted.length === 0 ? this.#counted : undefined;
    const counted = this.#counted;
    return () => {
      count ??= counted + countInFile(identity, uncounted);
      return count;
    };
  }

  #countPacked(payload: Span): void {
    const { encoding } = this.field;
    if (encoding === 'varint') {
      this.#uncounted.push(payload);
      return;
    }
    const width = encoding === 'fixed32' ? 4 : 8;
    if (payload.length % width !== 0) {
      throw this.#wire.malformed(`a list of ${width}-byte numbers takes ${payload.length} bytes`);
    }
    this.#counted += payload.length / width;
  }

  #add(run: Span): void {
    this.#bytes += run.length;
    const last = this.runs.at(-1);
    if (last && last.offset + last.length === run.offset) {
      this.runs[this.runs.length - 1] = { offset: last.offset, length: last.length + run.length };
      return;
    }
    this.#wire.charge(2 * COST.span);
    this.runs.push(run);
  }
}

/** A long list is read by whoever asks for its values and pays for them: no limit but the list's own length. */
export const WHOLE_LIST: ReadLimits = {
  ...READ_LIMITS,
  keptBytes: Number.POSITIVE_INFINITY,
  records: Number.POSITIVE_INFINITY,
  listElements: Number.POSITIVE_INFINITY,
  fileReads: Number.POSITIVE_INFINITY,
};

/** Decodes the elements of `runs`, which hold nothing but records of `field`. */
export function decodeElements<T>(
  wire: WireReader,
  list: { readonly field: ListField; readonly runs: readonly Span[]; readonly read: (wire: WireReader) => T },
): readonly T[] {
  const { field, read } = list;
  const values: T[] = [];
  wire.each(list.runs, (tag) => {
    if (tag === field.tag) values.push(read(wire));
    else wire.packed(() => values.push(read(wire)));
  });
  return values;
}

/** As `decodeElements`, from the file, which is opened for it. */
export function readElements<T>(
  identity: FileIdentity,
  list: { readonly field: ListField; readonly runs: readonly Span[]; readonly read: (wire: WireReader) => T },
): readonly T[] {
  return SourceFile.using(identity, (file) => decodeElements(new WireReader(file, WHOLE_LIST), list));
}

function countInFile(identity: FileIdentity, payloads: readonly Span[]): number {
  return SourceFile.using(identity, (file) => {
    const wire = new WireReader(file, WHOLE_LIST);
    return payloads.reduce((count, payload) => count + wire.countVarints(payload), 0);
  });
}
