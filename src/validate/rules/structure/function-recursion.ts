import { domainName } from '../describe.ts';
import { callKey, functionKey, type GraphPlace } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/function-recursion',
  severity: 'error',
  title: 'No function calls itself, directly or through others',
  explanation:
    'The runtime replaces each call by the body of the function, so a function that leads back to itself would never end. It refuses the model even where nothing calls the function.',
  mend: 'Write repetition with Loop or Scan.',
  source: 'ONNX specification, Functions. The runtime: "Model local function definitions must not be recursive".',
  *check({ model, places }) {
    const calls = callsByFunction(places);
    const names = new Map(model.functions.map((fn) => [functionKey(fn), `${domainName(fn.domain)}:${fn.name}`]));
    const done = new Set<string>();
    for (const start of names.keys()) {
      const cycle = cycleFrom(start, { calls, done });
      if (!cycle) continue;
      const path = [...cycle, cycle[0] ?? start].map((key) => names.get(key) ?? key);
      yield { message: `functions call each other in a circle: ${path.join(' → ')}` };
    }
  },
};

/** What each function calls, in its subgraphs as well; keys that are no functions are left in and lead nowhere. */
function callsByFunction(places: readonly GraphPlace[]): ReadonlyMap<string, readonly string[]> {
  const calls = new Map<string, string[]>();
  for (const { function: fn, nodes } of places) {
    if (!fn) continue;
    const key = functionKey(fn);
    calls.set(key, [...(calls.get(key) ?? []), ...new Set(nodes.map(callKey))]);
  }
  return calls;
}

/** Depth-first with a stack of its own, since chains of calls may be as long as the file has functions. */
function cycleFrom(
  start: string,
  graph: { calls: ReadonlyMap<string, readonly string[]>; done: Set<string> },
): readonly string[] | null {
  const path = [start];
  const waiting = [[...(graph.calls.get(start) ?? [])]];
  while (path.length > 0) {
    const here = path.at(-1) ?? start;
    const next = graph.done.has(here) ? undefined : waiting.at(-1)?.pop();
    if (next === undefined) {
      graph.done.add(here);
      path.pop();
      waiting.pop();
    } else if (path.includes(next)) {
      const cycle = path.slice(path.indexOf(next));
      for (const key of path) graph.done.add(key);
      return cycle;
    } else if (!graph.done.has(next) && graph.calls.has(next)) {
      path.push(next);
      waiting.push([...(graph.calls.get(next) ?? [])]);
    }
  }
  return null;
}
