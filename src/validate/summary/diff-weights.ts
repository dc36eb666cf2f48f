import type { WeightChanges } from '../../nouns/model-difference.ts';
import { Sources } from '../../onnx/content.ts';
import type { Model, Tensor } from '../../onnx/model.ts';
import { elementCount } from '../../onnx/tensor-size.ts';
import { namedTensors } from './named-tensors.ts';
import { tensorDigest } from './tensor-digest.ts';

/** Equal content of fewer elements is chance: every model has a few zeros and ones. */
const PAIRED_ELEMENTS = 16;

/** The tensors that are others than before. What has a name on one side only is looked for on the other by its content. */
export function diffWeights(before: Model, after: Model): WeightChanges {
  const old = namedTensors(before);
  const now = namedTensors(after);
  return Sources.using((sources) => {
    const isSame = (from: Tensor, to: Tensor) =>
      tensorDigest(before, from, sources) === tensorDigest(after, to, sources);
    const common = [...old].flatMap(([name, from]) => {
      const to = now.get(name);
      return to ? [{ name, what: whatChanged({ from, to }, isSame) }] : [];
    });
    const removed = [...old].filter(([name]) => !now.has(name));
    const added = [...now].filter(([name]) => !old.has(name));
    const keyOf = (model: Model) => (tensor: Tensor) =>
      `${tensor.elementType}[${tensor.dims.join(',')}]${tensorDigest(model, tensor, sources)}`;
    const worthPairing = (list: typeof removed) =>
      list.filter(([, { dims }]) => (elementCount(dims) ?? 0) >= PAIRED_ELEMENTS);
    const renamed = pairUp(byKey(worthPairing(removed), keyOf(before)), byKey(worthPairing(added), keyOf(after)));
    const taken = new Set(renamed.flatMap(({ from, to }) => [`-${from}`, `+${to}`]));
    return {
      same: common.filter(({ what }) => what === null).length,
      changed: common.flatMap(({ name, what }) => (what === null ? [] : [{ name, what }])),
      added: added.map(([name]) => name).filter((name) => !taken.has(`+${name}`)),
      removed: removed.map(([name]) => name).filter((name) => !taken.has(`-${name}`)),
      renamed,
    };
  });
}

function whatChanged(
  { from, to }: { from: Tensor; to: Tensor },
  isSame: (from: Tensor, to: Tensor) => boolean,
): 'type' | 'dimensions' | 'content' | null {
  if (from.elementType !== to.elementType) return 'type';
  if (from.dims.join() !== to.dims.join()) return 'dimensions';
  return isSame(from, to) ? null : 'content';
}

type Groups = ReadonlyMap<string, readonly string[]>;

function byKey(tensors: readonly (readonly [string, Tensor])[], keyOf: (tensor: Tensor) => string): Groups {
  const groups = new Map<string, string[]>();
  for (const [name, tensor] of tensors) {
    const key = keyOf(tensor);
    const names = groups.get(key);
    if (names) names.push(name);
    else groups.set(key, [name]);
  }
  return groups;
}

function pairUp(removed: Groups, added: Groups): readonly { readonly from: string; readonly to: string }[] {
  return [...removed].flatMap(([key, names]) => {
    const others = added.get(key) ?? [];
    return names.flatMap((from, index) => {
      const to = others[index];
      return to === undefined ? [] : [{ from, to }];
    });
  });
}
