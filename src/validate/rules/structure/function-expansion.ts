import { firstFew } from '../describe.ts';
import { callKey, functionKey } from '../graph-places.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../rule-context.ts';

/** Nodes after all calls are replaced by bodies: the runtime needs some kilobytes for each, so this is gigabytes. */
const MAX_EXPANDED_NODES = 1_000_000;

export const rule: Rule = {
  id: 'structure/function-expansion',
  severity: 'error',
  title: 'Replacing calls by bodies leaves a graph of a bearable size',
  explanation:
    'The runtime copies the body of a function into each place that calls it. Thirty functions that each call the next one twice become a thousand million nodes: loading such a file never ends.',
  mend: 'Do not run this file; no exporter writes such a nest of functions.',
  source: 'Seen on the runtime and on onnx.checker, which both hang on such files.',
  *check(context) {
    const size = expandedNodes(context);
    if (size <= MAX_EXPANDED_NODES) return;
    const names = context.model.functions.map((fn) => fn.name);
    const about = Number.isFinite(size) ? size.toExponential(1) : 'more than 1e308';
    yield {
      message: `with calls replaced by bodies the graph has ${about} nodes; wanted at most ${MAX_EXPANDED_NODES} (functions ${firstFew(names)})`,
    };
  },
};

/** Recursive functions count as nothing here: they are refused by a rule of their own. */
function expandedNodes({ model, places }: RuleContext): number {
  const bodies = new Map<string, string[]>(model.functions.map((fn) => [functionKey(fn), []]));
  const main: string[] = [];
  for (const place of places) {
    const calls = place.function ? bodies.get(functionKey(place.function)) : main;
    for (const node of place.nodes) calls?.push(callKey(node));
  }
  const sizes = new Map<string, number>();
  for (const key of callOrder(bodies)) sizes.set(key, sumOf(bodies.get(key) ?? [], sizes));
  return sumOf(main, sizes);
}

function sumOf(calls: readonly string[], sizes: ReadonlyMap<string, number>): number {
  return calls.reduce((sum, key) => sum + (sizes.get(key) ?? 1), 0);
}

/** Functions, each after those that it calls. */
function callOrder(bodies: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  for (const start of bodies.keys()) {
    const stack: { key: string; next: number }[] = seen.has(start) ? [] : [{ key: start, next: 0 }];
    seen.add(start);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const callee = bodies.get(top.key)?.[top.next];
      top.next += 1;
      if (callee === undefined) {
        order.push(top.key);
        stack.pop();
      } else if (bodies.has(callee) && !seen.has(callee)) {
        seen.add(callee);
        stack.push({ key: callee, next: 0 });
      }
    }
  }
  return order;
}
