import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../onnx/model.ts';
import { mayLinkData, placeData } from '../../onnx/place-data.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { leastMemoryOrder } from '../memory/least-memory-order.ts';
import type { PreparedModel } from './prepare-model.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';

/**
 * Puts the graph of a prepared model into a folder, with its nodes in the order that needs least memory at the bounds, where that is
 * less. Its weights are the same, and stay where they are.
 */
export async function orderPrepared(
  prepared: PreparedModel,
  { bounds, folder }: { readonly bounds: SymbolBounds; readonly folder: string },
): Promise<PreparedModel> {
  const [own, ...data] = prepared.files;
  await mkdir(folder, { recursive: true });
  const path = join(folder, own.name);
  const first = readModel(own.path);
  const { model, reordered } = inLeastOrder(first, bounds);
  if (reordered === null) {
    await placeData(own.path, path, { mayLink: mayLinkData(first) });
    return { ...prepared, files: [{ ...own, path }, ...data] };
  }
  // Parts that were left alone remember the file they came from; data are looked for beside the path.
  const [written] = await writeModel({ ...model, path }, path, { externalData: 'keep' });
  return { ...prepared, reordered, files: [{ ...own, path, bytes: written?.bytes ?? own.bytes }, ...data] };
}

/** A model with its nodes in the order that needs least memory, and what is won. */
export function inLeastOrder(
  model: Model,
  bounds: SymbolBounds,
): { readonly model: Model; readonly reordered: PreparedModel['reordered'] } {
  const order = leastMemoryOrder(model, new Map(Object.entries(bounds)));
  if (order === null) return { model, reordered: null };
  return {
    model: { ...model, graph: { ...model.graph, nodes: order.nodes } },
    reordered: { fromBytes: order.fileOrderBytes, toBytes: order.bytes },
  };
}
