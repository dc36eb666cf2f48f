import type { Content, Sink } from './content.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import { TENSOR_LISTS } from './fields.ts';
import { WHOLE_LIST } from './list-records.ts';
import type { ElementType, TensorData } from './model.ts';
import type { FileIdentity } from './source-file.ts';
import { WireReader } from './wire-reader.ts';

const BLOCK_BYTES = 64 * 1024;

interface TypedTensor {
  readonly data: Extract<TensorData, { kind: 'typed' }>;
  readonly elementType: ElementType;
  /** Bytes that the elements take in `raw_data`. */
  readonly length: number;
}

/** The entries of a typed field, turned into the bytes that `raw_data` would hold. */
export function typedContent(file: FileIdentity, tensor: TypedTensor): Content {
  const { data, elementType, length } = tensor;
  const field = TENSOR_LISTS[data.field];
  return {
    length,
    copyTo: (sink, sources) => {
      const wire = new WireReader(sources.get(file), WHOLE_LIST);
      const block = new Block(sink);
      const put = ENTRY_WRITERS[entryKind(elementType)](wire, block);
      wire.each(data.spans, (tag) => {
        if (tag === field.tag) put();
        else wire.packed(put);
      });
      block.flush();
    },
  };
}

type EntryKind = 'float' | 'double' | 'byte' | 'word' | 'dword' | 'qword' | 'sixBits';

/** How one entry of the typed field stands in `raw_data`. Types of four and two bits are packed into bytes already. */
function entryKind(elementType: ElementType): EntryKind {
  const { field, bits } = ELEMENT_TYPES[elementType];
  if (field === 'float_data') return 'float';
  if (field === 'double_data') return 'double';
  if (bits === 6) return 'sixBits';
  return bits === 64 ? 'qword' : bits === 32 ? 'dword' : bits === 16 ? 'word' : 'byte';
}

const ENTRY_WRITERS: Readonly<Record<EntryKind, (wire: WireReader, block: Block) => () => void>> = {
  float: (wire, block) => () => block.dword(wire.floatBits()),
  double: (wire, block) => () => {
    block.dword(wire.floatBits());
    block.dword(wire.floatBits());
  },
  byte: (wire, block) => () => block.byte(wire.int32()),
  word: (wire, block) => () => block.word(wire.int32()),
  dword: (wire, block) => () => block.dword(wire.int32()),
  qword: (wire, block) => () => {
    block.dword(wire.int32());
    block.dword(wire.upperHalf());
  },
  sixBits: (wire, block) => () => block.sixBits(wire.int32()),
};

/** Gathers little-endian numbers into chunks. */
class Block {
  readonly #sink: Sink;
  readonly #bytes = Buffer.alloc(BLOCK_BYTES);
  #used = 0;
  /** Bits of less than a byte that wait for the next, lowest first. */
  #pending = 0;
  #pendingBits = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#used++] = value & 0xff;
  }

  word(value: number): void {
    this.#room(2);
    this.#used = this.#bytes.writeUInt16LE(value & 0xffff, this.#used);
  }

  dword(value: number): void {
    this.#room(4);
    this.#used = this.#bytes.writeInt32LE(value | 0, this.#used);
  }

  sixBits(value: number): void {
    this.#pending |= (value & 0x3f) << this.#pendingBits;
    this.#pendingBits += 6;
    if (this.#pendingBits < 8) return;
    this.byte(this.#pending);
    this.#pending >>= 8;
    this.#pendingBits -= 8;
  }

  flush(): void {
    if (this.#pendingBits > 0) {
      this.byte(this.#pending);
      this.#pendingBits = 0;
    }
    if (this.#used > 0) this.#sink(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }

  #room(bytes: number): void {
    if (this.#used + bytes <= BLOCK_BYTES) return;
    this.#sink(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }
}
