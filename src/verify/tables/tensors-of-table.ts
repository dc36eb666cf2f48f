import type { CaseTensor, Datatype } from '../../../schemas/case.ts';
import type { TensorSignature } from '../../../schemas/plan.ts';
import { nearest } from '../../nouns/nearest.ts';
import type { Tensors } from '../rows.ts';
import { type Cell, type Column, refuseTable, type Table } from './table.ts';

export interface PortType {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: TensorSignature['shape'];
}

/** The rows of a table as tensors of the model's inputs or outputs. Throws a Failure `data/invalid` where they are not such. */
export function tensorsOfTable(
  table: Table,
  mapping: Readonly<Record<string, string | readonly string[]>>,
  ports: readonly PortType[],
): Tensors {
  return Object.entries(mapping).map(([name, columns]) => {
    const port = ports.find((known) => known.name === name);
    if (port === undefined) throw unknownPort(name, { table, ports });
    return tensorOf(table, { port, names: typeof columns === 'string' ? [columns] : columns });
  });
}

function tensorOf(
  table: Table,
  { port, names }: { readonly port: PortType; readonly names: readonly string[] },
): CaseTensor {
  const columns = names.map((name) => columnOf(table, name));
  const [first] = columns as [Column, ...Column[]];
  const rowShape = columns.length === 1 ? first.rowShape : joinedShape(table, { columns, names });
  const convert = CONVERSIONS[port.datatype];
  const stride = first.rowShape.reduce((product, size) => product * size, 1);
  const data: CaseTensor['data'] = [];
  for (let row = 0; row < table.rows; row++)
    columns.forEach(({ cells }, at) => {
      for (let element = row * stride; element < (row + 1) * stride; element++) {
        const value = convert(cells[element] as Cell);
        if (value === undefined)
          throw notOfType(table, { name: names[at] ?? '', row, cell: cells[element] as Cell, port });
        data.push(value);
      }
    });
  return { name: port.name, datatype: port.datatype, shape: [table.rows, ...fitted(rowShape, port)], data };
}

export function columnOf(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (column !== undefined) return column;
  const near = nearest(name, [...table.columns.keys()]);
  throw refuseTable(
    table.file,
    `has no column ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`}`,
  );
}

function joinedShape(
  table: Table,
  { columns, names }: { readonly columns: readonly Column[]; readonly names: readonly string[] },
) {
  const other = columns.findIndex(({ rowShape }) => rowShape.length > 0);
  if (other >= 0)
    throw refuseTable(
      table.file,
      `has a tensor in each row of ${names[other]}; only single values can be put side by side`,
    );
  return [columns.length];
}

/** One value a row is a row of one where the model wants that. */
function fitted(rowShape: readonly number[], { shape }: PortType): readonly number[] {
  return rowShape.length === 0 && shape !== null && shape.length === 2 ? [1] : rowShape;
}

type Convert = (cell: Cell) => CaseTensor['data'][number] | undefined;

const float: Convert = (cell) => {
  if (cell === null) return Number.NaN;
  if (typeof cell !== 'string') return Number(cell);
  const text = cell.trim();
  if (text === '' || /^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
};

const integer =
  (low: bigint, high: bigint): Convert =>
  (cell) => {
    if (cell === null) return undefined;
    const text = String(typeof cell === 'boolean' ? Number(cell) : cell).trim();
    if (!/^[+-]?\d+(\.0+)?$/.test(text)) return undefined;
    const value = BigInt(text.replace(/\.0+$/, ''));
    if (value < low || value > high) return undefined;
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  };

const signed = (bits: bigint) => integer(-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);
const unsigned = (bits: bigint) => integer(0n, 2n ** bits - 1n);

const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

const CONVERSIONS: Readonly<Record<Datatype, Convert>> = {
  BOOL: (cell) => FLAGS[String(cell).toLowerCase()],
  UINT8: unsigned(8n),
  UINT16: unsigned(16n),
  UINT32: unsigned(32n),
  UINT64: unsigned(64n),
  INT8: signed(8n),
  INT16: signed(16n),
  INT32: signed(32n),
  INT64: signed(64n),
  FP16: float,
  FP32: float,
  FP64: float,
  BYTES: (cell) => (cell === null ? '' : String(cell)),
};

function notOfType(
  table: Table,
  {
    name,
    row,
    cell,
    port,
  }: { readonly name: string; readonly row: number; readonly cell: Cell; readonly port: PortType },
) {
  const found = cell === null ? 'nothing' : JSON.stringify(cell);
  return refuseTable(
    table.file,
    `has ${found} in row ${row + 1} of ${JSON.stringify(name)}; ${port.name} takes ${port.datatype}`,
  );
}

function unknownPort(name: string, { table, ports }: { readonly table: Table; readonly ports: readonly PortType[] }) {
  return refuseTable(
    table.file,
    `is mapped to ${JSON.stringify(name)}; the model has ${ports.map((port) => JSON.stringify(port.name)).join(', ')}`,
  );
}
