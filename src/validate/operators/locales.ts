import type { Graph, Model, Node } from '../../onnx/model.ts';

/** Locales that every C library has. */
const BUILT_IN: ReadonlySet<string> = new Set(['', 'C', 'POSIX', 'C.UTF-8', 'C.utf8']);

/** The runtime's default on Linux where the node does not say. */
const DEFAULT_LOCALE = 'en_US.UTF-8';

/** Names longer than this are none; glibc's longest has some 30 letters. */
const LONGEST_NAME = 64;

/** The locales beside C.UTF-8 that a model needs from its system, sorted. */
export function localesOf(model: Model): readonly string[] {
  const found = new Set<string>();
  const waiting: (readonly Node[])[] = [model.graph.nodes, ...model.functions.map((fn) => fn.nodes)];
  for (let nodes = waiting.pop(); nodes !== undefined; nodes = waiting.pop()) {
    for (const node of nodes) {
      const locale = localeNeeds(node);
      if (locale !== undefined) found.add(locale);
      for (const graph of graphsIn(node)) waiting.push(graph.nodes);
    }
  }
  return [...found].sort();
}

/**
 * The locale that a node makes the runtime load. StringNormalizer loads one only where it changes case, or compares stop
 * words without regard to case (seen on onnxruntime 1.30).
 */
export function localeNeeds(node: Node): string | undefined {
  if (node.opType !== 'StringNormalizer' || node.domain !== '') return undefined;
  const changesCase = (text(node, 'case_change_action') ?? 'NONE') !== 'NONE';
  const stopwords = node.attributes.find(({ name }) => name === 'stopwords')?.value;
  const comparesLoosely = !isCaseSensitive(node) && stopwords?.kind === 'strings' && stopwords.count > 0;
  if (!changesCase && !comparesLoosely) return undefined;
  const locale = text(node, 'locale') ?? DEFAULT_LOCALE;
  return BUILT_IN.has(locale) || locale.length > LONGEST_NAME ? undefined : locale;
}

function isCaseSensitive(node: Node): boolean {
  const value = node.attributes.find(({ name }) => name === 'is_case_sensitive')?.value;
  return value?.kind === 'int' && value.value !== 0n;
}

function text(node: Node, name: string): string | undefined {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'string' ? Buffer.from(value.value).toString() : undefined;
}

function graphsIn(node: Node): readonly Graph[] {
  return node.attributes.flatMap(({ value }) =>
    value.kind === 'graph' ? [value.value] : value.kind === 'graphs' ? value.values : [],
  );
}
