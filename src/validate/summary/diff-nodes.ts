import type { NodeChanges } from '../../nouns/model-difference.ts';
import type { Attribute, Model, Node } from '../../onnx/model.ts';
import { operatorName } from '../rules/describe.ts';
import { graphPlaces } from '../rules/graph-places.ts';
import { isSameAttribute } from './same-attribute.ts';

/** The nodes that are others than before, found again by their name, or by what they give out where they have none. */
export function diffNodes(before: Model, after: Model): NodeChanges {
  const old = namedNodes(before);
  const now = namedNodes(after);
  const common = [...old].flatMap(([name, from]) => {
    const to = now.get(name);
    return to ? [{ node: name, operator: operatorName(to), what: whatChanged(from, to) }] : [];
  });
  return {
    same: common.filter(({ what }) => what.length === 0).length,
    changed: common.filter(({ what }) => what.length > 0),
    added: [...now.keys()].filter((name) => !old.has(name)),
    removed: [...old.keys()].filter((name) => !now.has(name)),
  };
}

function namedNodes(model: Model): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  const copies = new Map<string, number>();
  for (const { path, nodes } of graphPlaces(model)) {
    for (const node of nodes) {
      const name = node.name || `${node.opType} of ${node.outputs.find((output) => output !== '') ?? 'nothing'}`;
      const full = path === '' ? name : `${path}/${name}`;
      // Names are meant to be unique; where they are not, the copies are told apart by their order.
      const copy = (copies.get(full) ?? 0) + 1;
      copies.set(full, copy);
      found.set(copy === 1 ? full : `${full} (${copy})`, node);
    }
  }
  return found;
}

function whatChanged(from: Node, to: Node): readonly string[] {
  const attributes = (node: Node) =>
    new Map(node.attributes.map((attribute): [string, Attribute] => [attribute.name, attribute]));
  const [old, now] = [attributes(from), attributes(to)];
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter((name) => {
    const [one, other] = [old.get(name), now.get(name)];
    return !one || !other || !isSameAttribute(one, other);
  });
  return [
    ...(operatorName(from) === operatorName(to) ? [] : ['operator']),
    ...(from.inputs.join('\0') === to.inputs.join('\0') ? [] : ['inputs']),
    ...(from.outputs.join('\0') === to.outputs.join('\0') ? [] : ['outputs']),
    ...changed,
  ];
}
