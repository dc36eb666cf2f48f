import type { CaseTensor } from '../../../schemas/case.ts';
import type { DataSetting } from '../../nouns/verify-settings.ts';
import type { Tensors } from '../rows.ts';
import { type Cell, refuseTable, type Table } from '../tables/table.ts';
import { columnOf } from '../tables/tensors-of-table.ts';
import { largestOf } from './classification.ts';
import type { Slice } from './estimate-metrics.ts';
import type { LabelledRows } from './metric.ts';

/** More values than this are no way to tell rows apart: an identifier, or a number. */
const MOST_SLICES = 100;

type Setting = Pick<DataSetting, 'label' | 'prediction' | 'scores' | 'classes' | 'query' | 'slices'>;

interface Facts {
  readonly table: Table;
  readonly setting: Setting;
  /** What the image answered to the rows, all of them in one. */
  readonly answers: Tensors;
}

/**
 * Labels beside what the image answered, in every form that they allow for. Throws a Failure `data/invalid` where labels and outputs do not
 * belong together.
 */
export function labelRows(facts: Facts): LabelledRows {
  const { table, setting, answers } = facts;
  const named = (name: string | undefined) => (name === undefined ? undefined : outputNamed(name, facts));
  const scores = named(setting.scores);
  const prediction = named(setting.prediction) ?? (scores === undefined ? answers[0] : undefined);
  if (setting.query !== undefined) return rankedRows(facts, scores ?? prediction);
  if (scores !== undefined) return scoredRows(facts, { scores, prediction });
  if (prediction === undefined) throw refuseTable(table.file, 'has labels, and no output is named for them');
  return predictedRows(facts, prediction);
}

/** The values of each slice column that are not too many, and the units that have them. */
export function slicesOf({ table, setting }: Pick<Facts, 'table' | 'setting'>): readonly Slice[] {
  const unitOf = unitsOfRows(table, setting.query);
  return setting.slices.flatMap((column) => {
    const { cells, rowShape } = columnOf(table, column);
    if (rowShape.length > 0) throw refuseTable(table.file, `has tensors in ${column}, which cannot tell rows apart`);
    const units = new Map<string, Set<number>>();
    cells.forEach((cell, row) => {
      const value = cell === null ? '' : String(cell);
      units.set(value, (units.get(value) ?? new Set()).add(unitOf(row)));
      if (units.size > MOST_SLICES)
        throw refuseTable(table.file, `has more than ${MOST_SLICES} values in ${column}, too many for slices`);
    });
    return [...units].sort(([a], [b]) => (a < b ? -1 : 1)).map(([value, own]) => ({ column, value, units: [...own] }));
  });
}

function scoredRows(
  facts: Facts,
  { scores, prediction }: { scores: CaseTensor; prediction: CaseTensor | undefined },
): LabelledRows {
  const { table, setting } = facts;
  const width = scores.shape.length <= 1 ? 1 : scores.shape.slice(1).reduce((product, size) => product * size, 1);
  const given = scores.data.map(Number);
  // One score a row is that of the second of two classes.
  const count = width === 1 ? 2 : width;
  const all = Float64Array.from(width === 1 ? given.flatMap((score) => [1 - score, score]) : given);
  const classes = classesOf(labelsOf(facts), setting.classes, count, table);
  const labels = placesOf(labelsOf(facts), { classes, table });
  const predicted =
    prediction === undefined
      ? Int32Array.from(labels, (_, row) => largestOf(all.subarray(row * count, (row + 1) * count)))
      : placesOf(cellsOf(prediction, table), { classes, table });
  const queries = Array.from(labels, (label, row) => ({
    scores: all.subarray(row * count, (row + 1) * count),
    relevance: Float64Array.from({ length: count }, (_, at) => (at === label ? 1 : 0)),
  }));
  return { units: table.rows, classes: { labels, predicted, count, scores: all }, queries };
}

/** Whole numbers may be classes as well as values; other numbers are values unless somebody says which classes they are. */
function predictedRows(facts: Facts, prediction: CaseTensor): LabelledRows {
  const { table, setting } = facts;
  const [truth, guesses] = [labelsOf(facts), cellsOf(prediction, table)];
  const areValues = isNumeric(prediction) && isNumber(truth);
  const areClasses = !areValues || !prediction.datatype.startsWith('FP') || setting.classes !== undefined;
  const classes = setting.classes?.map(keyOf) ?? sortedKeys([...truth, ...guesses]);
  return {
    units: table.rows,
    ...(areClasses && {
      classes: {
        labels: placesOf(truth, { classes, table }),
        predicted: placesOf(guesses, { classes, table }),
        count: classes.length,
        scores: null,
      },
    }),
    ...(areValues && {
      values: { labels: Float64Array.from(truth, Number), predicted: Float64Array.from(guesses, Number) },
    }),
  };
}

function rankedRows(facts: Facts, scores: CaseTensor | undefined): LabelledRows {
  const { table, setting } = facts;
  if (scores === undefined) throw refuseTable(table.file, 'has queries, and no output is named for their scores');
  const [given, labels] = [cellsOf(scores, table).map(Number), labelsOf(facts).map(Number)];
  if (labels.some(Number.isNaN)) throw refuseTable(table.file, `has labels that are no numbers in ${setting.label}`);
  const unitOf = unitsOfRows(table, setting.query);
  const queries: { scores: number[]; relevance: number[] }[] = [];
  given.forEach((score, row) => {
    const unit = unitOf(row);
    const query = queries[unit] ?? { scores: [], relevance: [] };
    queries[unit] = query;
    query.scores.push(score);
    query.relevance.push(labels[row] as number);
  });
  return {
    units: queries.length,
    queries: queries.map((query) => ({
      scores: Float64Array.from(query.scores),
      relevance: Float64Array.from(query.relevance),
    })),
  };
}

function unitsOfRows(table: Table, query: string | undefined): (row: number) => number {
  if (query === undefined) return (row) => row;
  const places = new Map<string, number>();
  const units = columnOf(table, query).cells.map((cell) => {
    const key = String(cell);
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    return place;
  });
  return (row) => units[row] as number;
}

function outputNamed(name: string, { table, answers }: Facts): CaseTensor {
  const output = answers.find((answer) => answer.name === name);
  if (output !== undefined) return output;
  throw refuseTable(
    table.file,
    `is to be measured by the output ${JSON.stringify(name)}; the model has ${answers.map((answer) => JSON.stringify(answer.name)).join(', ')}`,
  );
}

function labelsOf({ table, setting }: Facts): readonly Cell[] {
  const [name, ...others] = [setting.label ?? []].flat();
  if (name === undefined || others.length > 0)
    throw refuseTable(table.file, 'is to be measured, and needs one column as its label');
  const { cells, rowShape } = columnOf(table, name);
  if (rowShape.some((size) => size !== 1)) throw refuseTable(table.file, `has more than one value in a row of ${name}`);
  const missing = cells.indexOf(null);
  if (missing >= 0) throw refuseTable(table.file, `has no label in row ${missing + 1} of ${name}`);
  return cells;
}

/** One element for each row. */
function cellsOf({ name, shape, data }: CaseTensor, table: Table): readonly Cell[] {
  if (data.length === table.rows) return data;
  throw refuseTable(
    table.file,
    `is to be measured by ${name}, which has the shape [${shape}] and not one value a row; name it as the key "scores" if it has one for each class`,
  );
}

/** Labels and answers are the same class where they read the same: 1, 1.0 and "1" do. */
function keyOf(cell: Cell): string {
  const text = String(cell);
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? String(Number(text)) : text;
}

function classesOf(labels: readonly Cell[], given: Setting['classes'], count: number, table: Table): readonly string[] {
  const keys = given?.map(keyOf) ?? sortedKeys(labels);
  if (keys.length === count) return keys;
  // Whole numbers below the count are places by themselves, also where some class has no row.
  if (given === undefined && keys.every((key) => /^\d+$/.test(key) && Number(key) < count))
    return [...Array(count).keys()].map(String);
  throw refuseTable(
    table.file,
    `has ${keys.length} classes and the model ${count} scores; say with the key "classes" what they mean, in their order`,
  );
}

function sortedKeys(labels: readonly Cell[]): readonly string[] {
  const keys = [...new Set(labels.map(keyOf))];
  const areNumbers = keys.every((key) => Number.isFinite(Number(key)));
  return areNumbers ? keys.sort((a, b) => Number(a) - Number(b)) : keys.sort();
}

function placesOf(
  cells: readonly Cell[],
  { classes, table }: { readonly classes: readonly string[]; readonly table: Table },
): Int32Array {
  const places = new Map(classes.map((key, place) => [key, place]));
  return Int32Array.from(cells, (cell, row) => {
    const place = places.get(keyOf(cell));
    if (place === undefined)
      throw refuseTable(
        table.file,
        `has the class ${JSON.stringify(String(cell))} in row ${row + 1}, which is none of ${classes.join(', ')}`,
      );
    return place;
  });
}

function isNumeric({ datatype }: CaseTensor): boolean {
  return datatype !== 'BYTES' && datatype !== 'BOOL';
}

function isNumber(cells: readonly Cell[]): boolean {
  return cells.every(
    (cell) =>
      typeof cell === 'number' || (typeof cell === 'string' && cell.trim() !== '' && Number.isFinite(Number(cell))),
  );
}
