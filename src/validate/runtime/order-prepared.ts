import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '../../onnx/model.ts';
import { mayLinkData, placeData } from '../../onnx/place-data.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeModel } from '../../onnx/write-model.ts';
import { mayLieInBlocks } from '../memory/blocked-layout.ts';
import { withHeldFilters } from '../memory/held-filters.ts';
import { leastMemoryOrder } from '../memory/least-memory-order.ts';
import { withoutDeclaredShapes } from '../memory/without-declared-shapes.ts';
import type { PreparedModel } from './prepare-model.ts';
import type { Profile } from './session-options.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';

/** How a model will be loaded: settled already, or by what it takes with its nodes in the order that is best for `fast`. */
export type ProfileOf = Profile | ((model: Model) => Profile);

/** What a graph is made ready for, once it has been prepared. */
export interface OrderFor {
  readonly bounds: SymbolBounds;
  readonly profile: ProfileOf;
  /** Whether it may hold filters for `lean`, by what it then takes; always if not given. */
  readonly mayHold?: (model: Model) => boolean;
}

export interface OrderedModel {
  readonly prepared: PreparedModel;
  /** Whether the graph is another than the runtime wrote. */
  readonly isChanged: boolean;
}

/**
 * Puts the graph of a prepared model into a folder, as it is to be loaded by its profile: with its nodes in the order that needs least
 * memory at the bounds, and without the shapes that it declares of intermediate values, where that is less; for `lean`, with the filters
 * that it holds. Its weights are the same, and stay where they are.
 */
export async function orderPrepared(
  prepared: PreparedModel,
  { folder, ...wanted }: OrderFor & { readonly folder: string },
): Promise<OrderedModel> {
  const [own, ...data] = prepared.files;
  await mkdir(folder, { recursive: true });
  const path = join(folder, own.name);
  const first = readModel(own.path);
  const { model, reordered } = inLeastOrder(first, { ...wanted, level: prepared.level });
  if (model === first) {
    await placeData(own.path, path, { mayLink: mayLinkData(first) });
    return { prepared: { ...prepared, files: [{ ...own, path }, ...data] }, isChanged: false };
  }
  // Parts that were left alone remember the file they came from; data are looked for beside the path.
  const [written] = await writeModel({ ...model, path }, path, { externalData: 'keep' });
  const graph = { ...own, path, bytes: written?.bytes ?? own.bytes };
  return { prepared: { ...prepared, reordered, files: [graph, ...data] }, isChanged: true };
}

export interface Ordered {
  readonly model: Model;
  readonly reordered: PreparedModel['reordered'];
}

interface PreparedAt extends OrderFor {
  /** `extended` if not given; filters are held at no other, where the level that lays them out would fuse nodes too. */
  readonly level?: PreparedModel['level'];
}

/**
 * A model with its nodes in the order that needs least memory, without declared shapes where these cost some, and what is won; with the
 * filters that `lean` holds.
 */
export function inLeastOrder(model: Model, { bounds, profile, level = 'extended', mayHold }: PreparedAt): Ordered {
  const lean = () => {
    const held = level === 'extended' ? withHeldFilters(model) : model;
    const ordered = inOrderFor('lean', held, bounds);
    return held === model || mayHold === undefined || mayHold(ordered.model)
      ? ordered
      : inOrderFor('lean', model, bounds);
  };
  if (profile === 'lean') return lean();
  const fast = inOrderFor('fast', model, bounds);
  if (profile === 'fast' || !mayLieInBlocks(model.graph)) return fast;
  return profile(fast.model) === 'fast' ? fast : lean();
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
