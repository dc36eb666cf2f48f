import type { Node } from '../../../onnx/model.ts';
import { locationOf } from '../describe.ts';
import type { GraphPlace } from '../graph-places.ts';
import { nodeLabel } from '../graph-places.ts';
import type { Rule, Violation } from '../rule.ts';
import { givenNames, inputNames } from '../value-scope.ts';

export const rule: Rule = {
  id: 'structure/duplicate-value',
  severity: 'error',
  title: 'Every value is defined once',
  explanation:
    'A graph is in single static assignment form: each name is given by one input, one initializer or one output of one node. Where two nodes write one name, no order of the nodes is right. A file that was appended to itself shows this way too.',
  mend: 'Give one of the two another name; where the whole graph is doubled, write the file anew instead of appending to it.',
  source: 'ONNX specification, Graphs: SSA. The runtime: "Duplicate definition".',
  *check({ places }) {
    for (const place of places) {
      if (!place.reached) continue;
      yield* repeatedInputs(place);
      yield* repeatedOutputs(place);
    }
  },
};

function* repeatedInputs(place: GraphPlace): Iterable<Violation> {
  const seen = new Set<string>();
  for (const name of inputNames(place)) {
    if (name !== '' && seen.has(name)) {
      // Inlining a function's body tolerates what a graph does not.
      const severity = place.kind === 'function' ? 'warning' : 'error';
      yield { message: `"${name}" is an input twice`, location: locationOf(place, { tensor: name }), severity };
    }
    seen.add(name);
  }
}

function* repeatedOutputs(place: GraphPlace): Iterable<Violation> {
  const given = givenNames(place);
  const inputs = new Set(inputNames(place));
  const definers = new Map<string, Node>();
  for (const [index, node] of place.nodes.entries()) {
    const label = nodeLabel(node, index);
    for (const name of node.outputs) {
      if (name === '') continue;
      const other = definers.get(name);
      definers.set(name, node);
      if (!other && !given.has(name)) continue;
      const by = given.has(name) ? 'an input or initializer' : other === node ? 'the same node' : whoElse(other);
      // The runtime turns constants into initializers first, and lets the last of two initializers win.
      const isForgiven = isConstant(node) && (other ? isConstant(other) : !inputs.has(name));
      yield {
        message: `node "${label}" defines "${name}", which ${by} defines as well`,
        location: locationOf(place, { node: label, tensor: name }),
        severity: isForgiven ? 'warning' : 'error',
      };
    }
  }
}

function whoElse(node: Node | undefined): string {
  return node && node.name !== '' ? `node "${node.name}"` : `another node (${node?.opType})`;
}

function isConstant(node: Node): boolean {
  return node.opType === 'Constant' && node.domain === '';
}
