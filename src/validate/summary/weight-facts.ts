import type { LargeTensor, WeightFacts, WeightStorage } from '../../nouns/model-summary.ts';
import type { HeldWeight } from './held-weights.ts';

/** How many tensors a person looks at. */
const LARGEST_SHOWN = 10;

export function weightFacts(held: readonly HeldWeight[]): WeightFacts {
  const types = [...new Set(held.map(({ elementType }) => elementType))];
  const byType = types.map((datatype) => {
    const ofType = held.filter(({ elementType }) => elementType === datatype);
    const bytes = datatype === 'string' ? null : bytesOf(ofType);
    const parameters = ofType.reduce((sum, weight) => sum + weight.parameters, 0);
    return { datatype, tensors: ofType.length, parameters, bytes };
  });
  const storages = [...new Set(held.map(({ storage }) => storage))];
  return {
    bytes: bytesOf(held),
    byType: byType.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || (a.datatype < b.datatype ? -1 : 1)),
    byStorage: Object.fromEntries(
      storages.map((storage): [WeightStorage, number] => [
        storage,
        bytesOf(held.filter((weight) => weight.storage === storage)),
      ]),
    ),
    largest: largestOf(held),
  };
}

function largestOf(held: readonly HeldWeight[]): readonly LargeTensor[] {
  return held
    .toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0))
    .slice(0, LARGEST_SHOWN)
    .map(({ name, graph, elementType, dims, bytes, storage }) => ({
      name,
      graph,
      datatype: elementType,
      dims,
      bytes,
      storage,
    }));
}

function bytesOf(held: readonly HeldWeight[]): number {
  return held.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}
