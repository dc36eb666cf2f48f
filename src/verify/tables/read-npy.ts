import { float16ToNumber } from '../../onnx/small-floats.ts';
import { type Cell, type Column, MOST_CELLS } from './table.ts';

const MAGIC = '\u0093NUMPY';

/** Longer headers are of structured types, which have no place in a tensor. */
const LONGEST_HEADER = 64 * 1024;

/**
 * An array as `numpy.save` writes it (NEP 1): numbers, flags and texts, little or big endian, rows first or columns first. Throws an
 * Error that says why it is none.
 */
export function readNpy(bytes: Buffer, name: string): { readonly rows: number; readonly column: Column } {
  if (bytes.toString('latin1', 0, 6) !== MAGIC)
    throw new Error(`${name} is no array: it does not begin with ${JSON.stringify(MAGIC)}`);
  const [wide, at] = (bytes[6] ?? 0) >= 2 ? [true, 12] : [false, 10];
  if (bytes.length < at) throw new Error(`${name} ends within its header`);
  const headerLength = wide ? bytes.readUInt32LE(8) : bytes.readUInt16LE(8);
  if (headerLength > LONGEST_HEADER || bytes.length < at + headerLength)
    throw new Error(`${name} ends within its header`);
  const header = bytes.toString('utf8', at, at + headerLength);
  const descr = /'descr':\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(header);
  const shape = /'shape':\s*\(([\d,\s]*)\)/
    .exec(header)?.[1]
    ?.split(',')
    .map((size) => size.trim())
    .filter(Boolean)
    .map(Number);
  if (descr === null || shape === undefined)
    throw new Error(`${name} is of a type that no tensor has: ${header.trim().slice(0, 100)}`);
  const [, order, kind = '', digits] = descr;
  const type = typeOf(kind, Number(digits), name);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!(count <= MOST_CELLS)) throw new Error(`${name} has ${count} elements; that is too many to hold`);
  const content = bytes.subarray(at + headerLength);
  if (content.length < count * type.bytes)
    throw new Error(`${name} has ${content.length} bytes; ${count} elements take ${count * type.bytes}`);
  const [rows = 1, ...rowShape] = shape;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const cells = Array.from({ length: count }, (_, index) => type.read(view, index * type.bytes, order !== '>'));
  const isColumnsFirst = /'fortran_order':\s*True/.test(header);
  return { rows, column: { rowShape, cells: isColumnsFirst ? rowsFirst(cells, shape) : cells } };
}

interface ElementType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number, isLittle: boolean) => Cell;
}

const NUMBERS: Readonly<Record<string, ElementType>> = {
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, read: (view, at, isLittle) => view.getInt16(at, isLittle) },
  u2: { bytes: 2, read: (view, at, isLittle) => view.getUint16(at, isLittle) },
  i4: { bytes: 4, read: (view, at, isLittle) => view.getInt32(at, isLittle) },
  u4: { bytes: 4, read: (view, at, isLittle) => view.getUint32(at, isLittle) },
  i8: { bytes: 8, read: (view, at, isLittle) => wide(view.getBigInt64(at, isLittle)) },
  u8: { bytes: 8, read: (view, at, isLittle) => wide(view.getBigUint64(at, isLittle)) },
  f2: { bytes: 2, read: (view, at, isLittle) => float16ToNumber(view.getUint16(at, isLittle)) },
  f4: { bytes: 4, read: (view, at, isLittle) => view.getFloat32(at, isLittle) },
  f8: { bytes: 8, read: (view, at, isLittle) => view.getFloat64(at, isLittle) },
};

function typeOf(kind: string, size: number, name: string): ElementType {
  const number = NUMBERS[`${kind}${size}`];
  if (number) return number;
  // NumPy pads texts with zeros: U has four bytes a letter, S one.
  if (kind === 'U') return { bytes: 4 * size, read: (view, at, isLittle) => letters(view, { at, size, isLittle }) };
  if (kind === 'S') return { bytes: size, read: (view, at) => bytesText(view, at, size) };
  throw new Error(`${name} is of the type ${kind}${size}, which no tensor has`);
}

function wide(value: bigint): Cell {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function letters(view: DataView, { at, size, isLittle }: { at: number; size: number; isLittle: boolean }): string {
  let text = '';
  for (let index = 0; index < size; index++) {
    const code = view.getUint32(at + 4 * index, isLittle);
    if (code === 0) break;
    text += String.fromCodePoint(code);
  }
  return text;
}

function bytesText(view: DataView, at: number, size: number): string {
  return Buffer.from(view.buffer, view.byteOffset + at, size)
    .toString('utf8')
    .replace(/\0+$/, '');
}

/** Elements in the order in which the first dimension varies fastest, put into row-major order. */
function rowsFirst(cells: readonly Cell[], shape: readonly number[]): readonly Cell[] {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  return cells.map((_, index) => {
    let rest = index;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      from += (rest % size) * (strides[axis] as number);
      rest = Math.floor(rest / size);
    }
    return cells[from] as Cell;
  });
}
