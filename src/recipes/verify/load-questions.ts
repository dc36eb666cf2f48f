import { join } from 'node:path';
import type { Case } from '../../../schemas/case.ts';
import type { Plan, TensorSignature } from '../../../schemas/plan.ts';
import type { Config } from '../../nouns/config.ts';
import { digestOf } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { nearest } from '../../nouns/nearest.ts';
import type { DataSetting } from '../../nouns/verify-settings.ts';
import { readModel } from '../../onnx/read-model.ts';
import { caseSignature } from '../../validate/cases/case-signature.ts';
import { readCases } from '../../validate/cases/read-cases.ts';
import { datatypeOf } from '../../validate/cases/tensor-of-case.ts';
import { type Tensors, takeRows } from '../../verify/rows.ts';
import { columnsOf } from '../../verify/tables/columns-of.ts';
import { readTable } from '../../verify/tables/read-table.ts';
import type { Table } from '../../verify/tables/table.ts';
import { type PortType, tensorsOfTable } from '../../verify/tables/tensors-of-table.ts';
import type { ImageUnderTest } from './image-under-test.ts';

/** Rows of a table, ready to be asked. */
export interface RowsToAsk {
  readonly setting: DataSetting;
  readonly table: Table;
  /** Of the file. */
  readonly digest: string;
  readonly inputs: Tensors;
}

export interface Questions {
  readonly cases: readonly Case[];
  readonly labelled: readonly RowsToAsk[];
}

/** Rows of a table that go into one request, where the model takes several. */
const ROWS_TOGETHER = 32;

/** Reads everything that an image is to be asked. Throws a Failure for what names no input or output of it, or cannot be read. */
export async function loadQuestions(
  image: ImageUnderTest,
  {
    config,
    folder,
    casesPath,
  }: { readonly config: Config; readonly folder: string; readonly casesPath: string | undefined },
): Promise<Questions> {
  assertOutputs(config, image.plan);
  const signature = () => caseSignature(readModel(join(image.modelFolder, image.plan.model.file)).graph);
  const own = casesPath === undefined ? [] : await readCases(casesPath, signature);
  const tables: RowsToAsk[] = [];
  const cases: Case[] = [];
  for (const setting of config.verify.data) {
    const rows = await loadRows(setting, { folder, plan: image.plan });
    if (setting.outputs !== undefined) cases.push(...casesOf(rows, image.plan));
    if (setting.label !== undefined || Object.keys(setting.metrics).length > 0) tables.push(rows);
  }
  return { cases: [...own, ...cases], labelled: tables };
}

async function loadRows(
  setting: DataSetting,
  { folder, plan }: { readonly folder: string; readonly plan: Plan },
): Promise<RowsToAsk> {
  const { table, bytes } = await readTable(join(folder, setting.file), columnsOf(setting));
  return {
    setting,
    table,
    digest: digestOf(bytes),
    inputs: tensorsOfTable(table, setting.inputs, portsOf(plan.model.inputs)),
  };
}

/** Rows with answers, as many in a case as a client would send together. */
function casesOf({ setting, table, inputs }: RowsToAsk, plan: Plan): readonly Case[] {
  const outputs = tensorsOfTable(table, setting.outputs ?? {}, portsOf(plan.model.outputs));
  return chunksOf(table.rows, rowsTogether(plan)).map((rows) => ({
    schema: 'plimsoll.case/1',
    name: `${setting.file}, row${rows.length === 1 ? ` ${rows[0]}` : `s ${rows[0]} to ${rows.at(-1)}`}`,
    inputs: [...takeRows(inputs, rows)],
    outputs: [...takeRows(outputs, rows)],
  }));
}

/** One row each where the first dimension is fixed. */
export function rowsTogether({ model, bounds, batching }: Plan): number {
  const size = model.inputs[0]?.shape?.[0];
  if (typeof size === 'number') return Math.max(1, size);
  const bound = typeof size === 'string' && Object.hasOwn(bounds, size) ? bounds[size] : undefined;
  return batching.state === 'proven' ? Math.min(ROWS_TOGETHER, bound ?? ROWS_TOGETHER) : 1;
}

export function chunksOf(rows: number, size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(rows / size) }, (_, chunk) =>
    Array.from({ length: Math.min(size, rows - chunk * size) }, (_, at) => chunk * size + at),
  );
}

function portsOf(signature: readonly TensorSignature[]): readonly PortType[] {
  return signature.flatMap(({ name, elementType, shape }) => {
    const datatype = datatypeOf(elementType);
    return datatype === undefined ? [] : [{ name, datatype, shape }];
  });
}

/** A misspelt output would be held to nothing. */
function assertOutputs({ verify }: Config, { model }: Plan): void {
  const known = model.outputs.map(({ name }) => name);
  for (const name of Object.keys(verify.tolerances)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw new Failure(`verify.tolerances names an output ${JSON.stringify(name)}; the model has ${known.join(', ')}`, {
      code: 'config/invalid',
      exit: EXIT.usage,
      mend: near === undefined ? 'Name outputs of the model.' : `Write ${near} if that was meant.`,
    });
  }
}
