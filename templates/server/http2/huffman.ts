import { END_OF_STRING, SYMBOLS_BY_LENGTH } from './huffman-lengths.ts';
import { CODE, ConnectionError } from './protocol.ts';

/** Steps of the decoder are half a byte: a table of all nodes by 16 stays in the processor's cache. */
const STEP_BITS = 4;
const STEPS = 1 << STEP_BITS;

/** Nodes inside the tree of 257 leaves. */
const NODES = END_OF_STRING;

const NO_SYMBOL = 0xff_ff;
/** In place of a next node: what stands there is no text. */
const BROKEN = 0xff_ff;

interface Decoder {
  /** Next node by node and step. */
  readonly next: Uint16Array;
  /** Symbol that the step completes, by node and step: no code is shorter than a step, so it is one at most. */
  readonly symbol: Uint16Array;
  /** Nodes at which a text may end: fewer than 8 bits, all ones, into a symbol (RFC 7541, section 5.2). */
  readonly mayEnd: Uint8Array;
}

let made: Decoder | undefined;

/** What decoding gives, before it is a string, where that is no longer. */
const scratch = Buffer.alloc(1024);

/**
 * Decodes a text of HPACK's Huffman code, each byte of it as one letter.
 *
 * @throws ConnectionError where it is none
 */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  made ??= makeDecoder();
  const { next, symbol, mayEnd } = made;
  // No code is shorter than five bits.
  const most = Math.ceil(((end - start) * 8) / 5);
  const text = most <= scratch.length ? scratch : Buffer.alloc(most);
  let length = 0;
  let node = 0;
  for (let position = start; position < end; position++) {
    const byte = bytes[position] as number;
    for (let shift = STEP_BITS; shift >= 0; shift -= STEP_BITS) {
      const place = node * STEPS + ((byte >>> shift) & (STEPS - 1));
      const found = symbol[place] as number;
      if (found !== NO_SYMBOL) text[length++] = found;
      node = next[place] as number;
      if (node === BROKEN) throw broken();
    }
  }
  if (mayEnd[node] !== 1) throw broken();
  return text.toString('latin1', 0, length);
}

function broken(): ConnectionError {
  return new ConnectionError(CODE.compression, 'a text is not as its Huffman code has it');
}

/** Node of the tree as the two that follow it: another node, or a symbol as its complement. */
type Tree = [zero: number, one: number][];

function makeDecoder(): Decoder {
  const tree = growTree();
  const next = new Uint16Array(NODES * STEPS);
  const symbol = new Uint16Array(NODES * STEPS).fill(NO_SYMBOL);
  for (let node = 0; node < NODES; node++) {
    for (let step = 0; step < STEPS; step++) {
      const place = node * STEPS + step;
      let at = node;
      for (let bit = STEP_BITS - 1; bit >= 0; bit--) {
        const to = (tree[at] as Tree[number])[((step >>> bit) & 1) as 0 | 1];
        if (to >= 0) at = to;
        else {
          symbol[place] = ~to;
          at = 0;
        }
      }
      const isBroken = symbol[place] === END_OF_STRING;
      if (isBroken) symbol[place] = NO_SYMBOL;
      next[place] = isBroken ? BROKEN : at;
    }
  }
  const mayEnd = new Uint8Array(NODES);
  for (let node = 0, bits = 0; bits < 8; bits++) {
    mayEnd[node] = 1;
    node = tree[node]?.[1] ?? 0;
  }
  return { next, symbol, mayEnd };
}

function growTree(): Tree {
  const tree: Tree = [[0, 0]];
  let code = 0;
  let bitsBefore = 0;
  for (const [bits, symbols] of SYMBOLS_BY_LENGTH) {
    code *= 2 ** (bits - bitsBefore);
    bitsBefore = bits;
    for (const value of symbols) addLeaf(tree, { code: code++, bits, value });
  }
  return tree;
}

function addLeaf(tree: Tree, { code, bits, value }: { code: number; bits: number; value: number }): void {
  let at = 0;
  for (let bit = bits - 1; bit > 0; bit--) {
    const node = tree[at] as Tree[number];
    const side = ((code >>> bit) & 1) as 0 | 1;
    if (node[side] === 0) node[side] = tree.push([0, 0]) - 1;
    at = node[side];
  }
  (tree[at] as Tree[number])[(code & 1) as 0 | 1] = ~value;
}
