import { ENTRY } from './fields.ts';
import { COST, IRREGULARITIES_TOLD } from './limits.ts';
import type { Irregularity, Metadata, Span } from './model.ts';
import { rememberOrigin } from './provenance.ts';
import { TextCache } from './text-cache.ts';
import type { WireReader } from './wire-reader.ts';

const NO_METADATA: Metadata = new Map();
const NOTHING: readonly never[] = [];

/** What the decoders of one file share: the wire, the texts seen so far, and what was odd. */
export class Reading {
  readonly wire: WireReader;
  readonly irregularities: Irregularity[] = [];
  #dropped = 0;
  readonly #texts = new TextCache(() => this.note('invalid-utf8', 'a text is not valid UTF-8'));

  constructor(wire: WireReader) {
    this.wire = wire;
  }

  /** The text in hand; equal names mostly share their memory. */
  text(): string {
    const text = this.wire.string(this.#texts);
    this.wire.charge(this.#texts.wasKnown ? COST.reference : COST.string + text.length);
    return text;
  }

  note(kind: Irregularity['kind'], message: string): void {
    if (this.irregularities.length >= IRREGULARITIES_TOLD) return;
    this.irregularities.push({ kind, message, offset: this.wire.fieldStart });
  }

  /** Adds a further piece of a message that should stand in the file once; protobuf merges the pieces. */
  piece(pieces: Span[] | undefined, name: string): Span[] {
    const span = this.wire.keptSpan(COST.span);
    if (pieces === undefined || pieces.length === 0) return [span];
    this.note('repeated-message', `${name} stands in its message more than once`);
    pieces.push(span);
    return pieces;
  }

  /** Decodes a message from the pieces that were collected; `null` where there are none. */
  merged<T>(pieces: readonly Span[] | undefined, decode: (reading: Reading, pieces: readonly Span[]) => T): T | null {
    return pieces === undefined || pieces.length === 0 ? null : this.wire.below(() => decode(this, pieces));
  }

  /** The key and value of one `StringStringEntryProto`. */
  entry(): readonly [string, string] {
    let key = '';
    let value = '';
    this.wire.each([this.wire.keptSpan(COST.entry)], (tag) => {
      if (tag === ENTRY.key) key = this.text();
      else if (tag === ENTRY.value) value = this.text();
      else this.drop(tag);
    });
    return [key, value];
  }

  /** Reads one more entry into `metadata`, where the last of equal keys wins. */
  addEntry(metadata: Metadata): Metadata {
    const [key, value] = this.entry();
    if (metadata.has(key)) this.note('duplicate-key', `the key ${JSON.stringify(key.slice(0, 80))} stands twice`);
    if (metadata.size === 0) return new Map([[key, value]]);
    (metadata as Map<string, string>).set(key, value);
    return metadata;
  }

  /** Remembers where a message was read; one that was merged from several pieces has no place of its own. */
  keep<T extends object>(value: T, pieces: readonly Span[]): T {
    const [span] = pieces;
    if (span === undefined || pieces.length > 1) return value;
    return this.locate(value, span);
  }

  /** Steps over a field that the values of this reader have no place for, and counts it. */
  drop(tag: number): void {
    this.#dropped++;
    this.wire.skip(tag);
  }

  /** Decodes a message that is small and frequent, and remembers its place only if the value does not say all of it. */
  keepIfDropping<T extends object>(pieces: readonly Span[], decode: () => T | null): T | null {
    const before = this.#dropped;
    const value = decode();
    return value === null || this.#dropped === before ? value : this.keep(value, pieces);
  }

  /** `list` in no more memory than it needs: growing arrays keep room for sixteen more, empty ones are all the same. */
  compact<T>(list: readonly T[]): readonly T[] {
    return list.length === 0 ? NOTHING : list.slice();
  }

  /** Remembers that the spans inside of `value` are of this file. */
  locate<T extends object>(value: T, span: Span): T {
    return rememberOrigin(value, { file: this.wire.file.identity, span });
  }
}

export { NO_METADATA };
