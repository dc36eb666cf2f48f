import type { MemoryTable } from '../../../schemas/plan.ts';
import type { Job } from '../job.ts';
import { RequestError } from '../request-error.ts';
import type { Signature } from '../signature.ts';
import type { Tensors } from '../tensor.ts';
import { AnswerBytes } from './answer-bytes.ts';
import { type LoadLine, REQUEST_SHARE } from './load-line.ts';
import { RunBytes } from './run-bytes.ts';

/** What a job will take, by the plan's own figures. */
export interface Needs {
  /** Bytes that it holds from now until its answer is gone. */
  bytesOf(job: Job): number;
  /**
   * Most rows of a job like this one that a run may have.
   *
   * @throws RequestError 413 where not even one fits
   */
  largestRun(job: Job): number;
  /** Told what a job was answered with. */
  learn(job: Job, outputs: Tensors): void;
}

export interface NeedsFacts {
  readonly signature: Signature;
  readonly table: MemoryTable | null;
  readonly loadLine: LoadLine;
}

/** Small requests are always computed anew; this many shapes of others are remembered. */
const MOST_SHAPES = 256;

/** What jobs take, by the image's own plan under the limit that was found at start. */
export function makeNeeds({ signature, table, loadLine }: NeedsFacts): Needs {
  const answers = new AnswerBytes(signature);
  const mostBytes = Math.floor(REQUEST_SHARE * loadLine.requestsBytes);
  const bytesOf = (job: Job): number => {
    const bytes = job.bytes + answers.expect(job);
    if (bytes > mostBytes) throw neverFits(job, bytes, mostBytes);
    return bytes;
  };
  const learn = (job: Job, outputs: Tensors): void => answers.learn(job, outputs);
  if (table === null) return { learn, bytesOf, largestRun: () => loadLine.maxSize };
  const runs = new RunBytes(table);
  const known = new Map<string, number>();
  const others = table.axes.filter((_, place) => place !== table.rowsAxis);
  return {
    learn,
    bytesOf,
    largestRun(job) {
      let key = '';
      for (const { input, axis } of others) key += `${job.inputs[input]?.dims[axis]} `;
      const remembered = known.get(key);
      if (remembered !== undefined) return remembered;
      const fit = runs.mostRows(job.inputs, loadLine.runBytes);
      if (fit === 0) throw tooLargeToRun(job, runs, { table, loadLine });
      const rows = Math.min(fit, loadLine.maxSize);
      if (known.size < MOST_SHAPES) known.set(key, rows);
      return rows;
    },
  };
}

/** Says which of the sizes would fit, for the largest of those that the request is free to choose. */
function tooLargeToRun(
  { inputs }: Job,
  runs: RunBytes,
  { table, loadLine }: { readonly table: MemoryTable; readonly loadLine: LoadLine },
): RequestError {
  const rows = table.rowsAxis === null ? undefined : 1;
  const needed = runs.of(inputs, rows);
  const sizes = table.axes.flatMap(({ name, input, axis }, place) => {
    const found = inputs[input]?.dims[axis];
    const most = runs.mostOf(place, inputs, loadLine.runBytes);
    return place === table.rowsAxis || found === undefined || most === 0
      ? []
      : [`${name} of ${most} instead of ${found}`];
  });
  const mend = sizes.length > 0 ? `; it would fit with ${sizes.join(', or ')}` : '';
  const takes = Number.isFinite(needed) ? `takes ${needed} bytes` : 'is beyond what was planned for';
  return new RequestError(413, `a run of this shape ${takes}, and ${loadLine.runBytes} are there for it${mend}`);
}

function neverFits({ rows }: Job, bytes: number, capacityBytes: number): RequestError {
  const most = rows === null || rows < 2 ? 0 : Math.floor((rows * capacityBytes) / bytes);
  const mend = most > 0 ? `; ${most} rows would fit, found ${rows}` : '';
  return new RequestError(
    413,
    `the request and its answer take ${bytes} bytes, and ${capacityBytes} are there for one${mend}`,
  );
}
