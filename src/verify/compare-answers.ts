import type { CaseTensor, Datatype } from '../../schemas/case.ts';
import type { Tensors } from './rows.ts';
import { lastDigitsOf, roundingOf, type Tolerance } from './tolerance.ts';

/** How an output lies beyond its tolerance. */
export interface Deviation {
  readonly output: string;
  /** What was found against what was wanted, in words. */
  readonly message: string;
  /** Rows that lie beyond; empty where the shapes already differ. */
  readonly rows: readonly number[];
  /** Rows that were compared. */
  readonly compared: number;
  /** The share of rows that may lie beyond; it counts over all cases together. */
  readonly allowedShare: number;
}

export type ToleranceOf = (output: { readonly name: string; readonly datatype: Datatype }) => Tolerance;

/** Holds each wanted output against the one of that name; outputs that nobody wanted are not looked at. */
export function compareAnswers(wanted: Tensors, found: Tensors, toleranceOf: ToleranceOf): readonly Deviation[] {
  return wanted.flatMap((tensor) => {
    const other = found.find(({ name }) => name === tensor.name);
    const mismatch = mismatchOf(tensor, other);
    if (mismatch !== null || other === undefined) return [whole(tensor, mismatch ?? 'is missing')];
    const tolerance = toleranceOf(tensor);
    const rows = beyondRows(tensor, other, tolerance);
    if (rows.length === 0) return [];
    const allowedShare = tolerance.kind === 'top' ? 1 - tolerance.agreement : 0;
    const compared = rowsAndStride(tensor).rows;
    return [
      { output: tensor.name, message: worstOf(tensor, other, { rows, tolerance }), rows, compared, allowedShare },
    ];
  });
}

/** The same request to the same image: what differs by more than sums in another order. */
export function compareToItself(wanted: Tensors, found: Tensors): readonly Deviation[] {
  return compareAnswers(wanted, found, ({ datatype }) => roundingOf(datatype));
}

/** One answer in two encodings: what differs by more than its last digits. */
export function compareEncodings(wanted: Tensors, found: Tensors): readonly Deviation[] {
  return compareAnswers(wanted, found, ({ datatype }) => lastDigitsOf(datatype));
}

function mismatchOf(wanted: CaseTensor, found: CaseTensor | undefined): string | null {
  if (found === undefined) return 'is missing from the answer';
  const [a, b] = [wanted, found].map(({ datatype, shape }) => `${datatype}[${shape.join(', ')}]`);
  return a === b ? null : `is ${b}, wanted ${a}`;
}

function whole({ name, shape }: CaseTensor, why: string): Deviation {
  return { output: name, message: `${name} ${why}`, rows: [], compared: shape[0] ?? 1, allowedShare: 0 };
}

/** Tensors without dimensions have one row. */
function rowsAndStride({ shape }: CaseTensor): { readonly rows: number; readonly stride: number } {
  return { rows: shape[0] ?? 1, stride: shape.slice(1).reduce((product, size) => product * size, 1) };
}

function beyondRows(wanted: CaseTensor, found: CaseTensor, tolerance: Tolerance): number[] {
  const { rows, stride } = rowsAndStride(wanted);
  const isWithin = ROW_TESTS[tolerance.kind] as RowTest<Tolerance>;
  const beyond: number[] = [];
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * stride, (row + 1) * stride];
    const [a, b] = [wanted.data.slice(from, to), found.data.slice(from, to)];
    if (!isWithin(a, b, tolerance)) beyond.push(row);
  }
  return beyond;
}

type Elements = CaseTensor['data'];
type RowTest<T> = (wanted: Elements, found: Elements, tolerance: T) => boolean;

const ROW_TESTS: { readonly [K in Tolerance['kind']]: RowTest<Extract<Tolerance, { kind: K }>> } = {
  exact: (wanted, found) => wanted.every((value, index) => isEqual(value, found[index])),
  close: (wanted, found, tolerance) =>
    wanted.every((value, index) => isClose(Number(value), Number(found[index]), tolerance)),
  top: (wanted, found, { top }) => {
    const [a, b] = [largest(wanted, top), largest(found, top)];
    return a.size === b.size && [...a].every((index) => b.has(index));
  },
  cosine: (wanted, found, { least }) => cosine(wanted, found) >= least,
};

/** 64-bit integers come as numbers or as digits; two NaN are the same answer. */
function isEqual(wanted: Elements[number], found: Elements[number] | undefined): boolean {
  if (Object.is(wanted, found) || wanted === found) return true;
  if (typeof wanted === 'boolean' || typeof found === 'boolean') return Number(wanted) === Number(found);
  return typeof wanted !== typeof found && String(wanted) === String(found);
}

function isClose(wanted: number, found: number, { absolute, relative }: { absolute: number; relative: number }) {
  if (wanted === found || (Number.isNaN(wanted) && Number.isNaN(found))) return true;
  if (!Number.isFinite(wanted) || !Number.isFinite(found)) return false;
  return Math.abs(found - wanted) <= absolute + relative * Math.abs(wanted);
}

/** Places of the largest elements; of equal ones the first. */
export function largest(row: Elements, count: number): Set<number> {
  const order = row.map((value, index) => ({ value: Number(value), index }));
  order.sort((a, b) => b.value - a.value || a.index - b.index);
  return new Set(order.slice(0, count).map(({ index }) => index));
}

/** Of two vectors; 1 where both are zero, 0 where one is. */
function cosine(a: Elements, b: Elements): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [Number(a[index]), Number(b[index])];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  if (aa === 0 && bb === 0) return 1;
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

interface Found {
  readonly rows: readonly number[];
  readonly tolerance: Tolerance;
}

function worstOf(wanted: CaseTensor, found: CaseTensor, { rows, tolerance }: Found): string {
  const { rows: all, stride } = rowsAndStride(wanted);
  const [row = 0] = rows;
  const [a, b] = [wanted, found].map(({ data }) => data.slice(row * stride, (row + 1) * stride)) as [
    Elements,
    Elements,
  ];
  const where = `${rows.length} of ${all} row${all === 1 ? '' : 's'} of ${wanted.name}`;
  if (tolerance.kind === 'cosine')
    return `${where} lie beyond tolerance: row ${row} has a cosine of ${shortNumber(cosine(a, b))}, wanted ${tolerance.least}`;
  if (tolerance.kind === 'top') {
    const text = (elements: Elements) => [...largest(elements, tolerance.top)].join(', ');
    return `${where} have other largest classes: row ${row} has ${text(b)}, wanted ${text(a)}`;
  }
  const at = worstElement(a, b, tolerance);
  return `${where} lie beyond tolerance: ${wanted.name}[${placeText(row, at, wanted)}] is ${elementText(b[at])}, wanted ${elementText(a[at])}`;
}

function worstElement(wanted: Elements, found: Elements, tolerance: Tolerance): number {
  let [worst, distance] = [0, -1];
  wanted.forEach((value, index) => {
    const other = found[index];
    if (tolerance.kind === 'exact' ? isEqual(value, other) : isClose(Number(value), Number(other), tolerance as never))
      return;
    const apart = Math.abs(Number(value) - Number(other));
    const rank = Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
    if (rank > distance) [worst, distance] = [index, rank];
  });
  return worst;
}

function placeText(row: number, element: number, { shape }: CaseTensor): string {
  const places: number[] = [];
  let rest = element;
  for (const size of shape.slice(1).reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return shape.length === 0 ? '' : [row, ...places].join(', ');
}

/** Texts of a case may be long. */
const LONGEST_TEXT = 60;

function elementText(value: Elements[number] | undefined): string {
  if (typeof value === 'number') return shortNumber(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`;
}

function shortNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(7)));
}
