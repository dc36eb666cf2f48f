import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { allTensors } from '../../onnx/all-tensors.ts';
import type { Model } from '../../onnx/model.ts';
import { type WriteOptions, writeModel } from '../../onnx/write-model.ts';
import type { MendedModel } from './apply-mends.ts';

/** A mended model in files that do not have their names yet. */
export interface WrittenMended {
  /** Where the model is until then. */
  readonly path: string;
  /** What it will be called, and its data file if it gets one. */
  readonly targets: readonly string[];
  /** Gives the files their names, data first. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export interface WriteMendedOptions {
  readonly original: Model;
  readonly out: string;
  /** In the folder of `out`, so that files can be renamed into place. */
  readonly workshop: string;
}

/**
 * Writes a mended model beside the place where it will be. Data files of the original go on being used where the result
 * stands in the same folder and needs all that they hold; else there is one new data file. Throws what `writeModel` throws.
 */
export async function writeMended(mended: MendedModel, options: WriteMendedOptions): Promise<WrittenMended> {
  const { out, workshop } = options;
  const layout = layoutOf(mended, options);
  // References to data files hold in their own folder only.
  const path =
    layout === 'keep'
      ? join(dirname(out), `.${basename(out)}.${randomBytes(6).toString('hex')}.part`)
      : join(workshop, basename(out));
  const write = { ...mended.write, ...(layout !== undefined && { externalData: layout }) };
  const written = await writeModel(mended.model, path, write);
  const moves = written.map((file) => ({
    from: file.path,
    to: file.role === 'model' ? out : join(dirname(out), basename(file.path)),
  }));
  return {
    path,
    targets: moves.map(({ to }) => to),
    async commit() {
      for (const { from, to } of moves.toReversed()) await rename(from, to);
    },
    async discard() {
      for (const { from } of moves) await rm(from, { force: true });
    },
  };
}

function layoutOf(mended: MendedModel, { original, out }: WriteMendedOptions): WriteOptions['externalData'] {
  const fileName = `${basename(out)}.data`;
  const wanted = mended.write.externalData;
  if (typeof wanted === 'object') return { ...wanted, fileName };
  const before = countExternal(original);
  if (before === 0) return undefined;
  const isSameFolder = realpathSync(dirname(original.path)) === realpathSync(dirname(out));
  const needsAll = countExternal(mended.model) === before;
  return isSameFolder && needsAll ? 'keep' : { fileName, minimumBytes: Number.POSITIVE_INFINITY };
}

function countExternal(model: Model): number {
  return allTensors(model).filter(({ tensor }) => tensor.data.kind === 'external').length;
}
