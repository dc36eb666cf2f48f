import type { Location } from '../../nouns/finding.ts';
import type { Node, Shape, ValueType } from '../../onnx/model.ts';
import type { GraphPlace } from './graph-places.ts';
import type { NodePlace } from './rule-context.ts';

/** Where a place, and a tensor or node in it, lies. */
export function locationOf(place: GraphPlace, inside: { node?: string; tensor?: string } = {}): Location {
  return { ...(place.path === '' ? {} : { graph: place.path }), ...inside };
}

export function nodeLocation(at: NodePlace, inside: { tensor?: string } = {}): Location {
  return locationOf(at.place, { node: at.label, ...inside });
}

/** An operator as budgets and messages name it: `ai.onnx:Conv`. */
export function operatorName(node: Pick<Node, 'domain' | 'opType'>): string {
  return `${domainName(node.domain)}:${node.opType}`;
}

export function domainName(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain;
}

/** A type as the specification writes it: `tensor(float)`, `seq(tensor(int64))`, `map(string, float)`. */
export function typeText(type: ValueType | null): string {
  switch (type?.kind) {
    case undefined:
      return 'no type';
    case 'tensor':
      return `tensor(${type.elementType})`;
    case 'sparse-tensor':
      return `sparse_tensor(${type.elementType})`;
    case 'sequence':
      return `seq(${typeText(type.element)})`;
    case 'optional':
      return `optional(${typeText(type.element)})`;
    case 'map':
      return `map(${type.key}, ${typeText(type.value).replace(/^tensor\((.*)\)$/, '$1')})`;
    case 'opaque':
      return `opaque(${[type.domain, type.name].filter((part) => part !== '').join(',')})`;
  }
}

export function shapeText(shape: Shape): string {
  return shape === null ? 'any rank' : `[${shape.map((dimension) => dimension ?? '?').join(', ')}]`;
}

/** `1 node`, `3 nodes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first few of many, and how many more: `a, b, c and 7 more`. */
export function firstFew(items: readonly string[], most = 3): string {
  const shown = items.slice(0, most);
  return items.length > most ? `${shown.join(', ')} and ${items.length - most} more` : listed(shown);
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
