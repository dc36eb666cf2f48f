import { constants } from 'node:fs';
import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { allTensors } from './all-tensors.ts';
import type { Model } from './model.ts';

/**
 * Whether a model's data file may have a second name: onnxruntime takes that for an attack where weights of a subgraph are in it,
 * and refuses the model.
 */
export function mayLinkData(model: Model): boolean {
  return allTensors(model).every(({ tensor, graph }) => graph === '' || tensor.data.kind !== 'external');
}

/** Puts a file at another place too: as a second name for it where that is allowed and can be, else as a copy. */
export async function placeData(from: string, to: string, { mayLink }: { readonly mayLink: boolean }): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await rm(to, { force: true });
  const copy = () => copyFile(from, to, constants.COPYFILE_FICLONE);
  await (mayLink ? link(from, to).catch(copy) : copy());
}
