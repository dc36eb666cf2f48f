import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../onnx/model.ts';
import { mayLinkData, placeData } from '../../onnx/place-data.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { mayLieInBlocks } from '../memory/blocked-layout.ts';
import { leastMemoryOrder } from '../memory/least-memory-order.ts';
import { withoutDeclaredShapes } from '../memory/without-declared-shapes.ts';
import type { PreparedModel } from './prepare-model.ts';
import type { Profile } from './session-options.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';

/** How a model will be loaded: settled already, or by what it takes with its nodes in the order that is best for `fast`. */
export type ProfileOf = Profile | ((model: Model) => Profile);

/** What an order of nodes is made for. */
export interface OrderFor {
  readonly bounds: SymbolBounds;
  readonly profile: ProfileOf;
}

/**
 * Puts the graph of a prepared model into a folder, with its nodes in the order that needs least memory at the bounds, and without the
 * shapes that it declares of intermediate values, where that is less. Its weights are the same, and stay where they are.
 */
export async function orderPrepared(
  prepared: PreparedModel,
  { folder, ...wanted }: OrderFor & { readonly folder: string },
): Promise<PreparedModel> {
  const [own, ...data] = prepared.files;
  await mkdir(folder, { recursive: true });
  const path = join(folder, own.name);
  const first = readModel(own.path);
  const { model, reordered } = inLeastOrder(first, wanted);
  if (reordered === null) {
    await placeData(own.path, path, { mayLink: mayLinkData(first) });
    return { ...prepared, files: [{ ...own, path }, ...data] };
  }
  // Parts that were left alone remember the file they came from; data are looked for beside the path.
  const [written] = await writeModel({ ...model, path }, path, { externalData: 'keep' });
  return { ...prepared, reordered, files: [{ ...own, path, bytes: written?.bytes ?? own.bytes }, ...data] };
}

export interface Ordered {
  readonly model: Model;
  readonly reordered: PreparedModel['reordered'];
}

/** A model with its nodes in the order that needs least memory, without declared shapes where these cost some, and what is won. */
export function inLeastOrder(model: Model, { bounds, profile }: OrderFor): Ordered {
  if (typeof profile === 'string') return inOrderFor(profile, model, bounds);
  const fast = inOrderFor('fast', model, bounds);
  const isAlike = !mayLieInBlocks(model.graph);
  return isAlike || profile(fast.model) === 'fast' ? fast : inOrderFor('lean', model, bounds);
}

function inOrderFor(profile: Profile, model: Model, symbolBounds: SymbolBounds): Ordered {
  const bounds = new Map(Object.entries(symbolBounds));
  const bare = withoutDeclaredShapes(model, { bounds, profile });
  const lighter = bare?.model ?? model;
  const order = leastMemoryOrder(lighter, { bounds, profile });
  const fromBytes = bare?.declaredBytes ?? order?.fileOrderBytes;
  const toBytes = order?.bytes ?? bare?.bytes;
  if (fromBytes === undefined || toBytes === undefined) return { model, reordered: null };
  const nodes = order?.nodes ?? lighter.graph.nodes;
  return { model: { ...lighter, graph: { ...lighter.graph, nodes } }, reordered: { fromBytes, toBytes } };
}
