import { formatByteSize } from '../nouns/byte-size.ts';
import type { ChangedFact, ModelDifference } from '../nouns/model-difference.ts';
import { type Cell, grouped, type PageOptions, renderPage, type Section, type Style } from './text-page.ts';

/** Names shown of each kind; whoever wants every one asks for JSON. */
const NAMES_SHOWN = 8;

/** What changed between two models, what breaks clients first. */
export function renderDifference(difference: ModelDifference, options: PageOptions): string {
  if (difference.same) return 'The models are the same: signature, graph, weights and metadata.\n';
  const sections = [
    signature(difference),
    facts('Model', difference.facts),
    operators(difference),
    weights(difference),
    nodes(difference),
    functions(difference),
    facts('Metadata', difference.metadata),
  ];
  return renderPage(
    sections.filter((section) => section !== null),
    options,
  );
}

function signature({ signature: changes, breaking }: ModelDifference): Section {
  const inOrder = [...changes].sort((a, b) => Number(b.breaking) - Number(a.breaking));
  return {
    title: 'Signature',
    detail:
      changes.length === 0
        ? 'unchanged'
        : breaking
          ? 'clients of the old model may fail'
          : 'clients of the old model still work',
    rows: inOrder.map((change): readonly Cell[] => [
      change.breaking ? { text: 'breaks', style: 'red' } : { text: 'compatible', style: 'green' },
      change.name === '' ? change.side : `${change.side} ${change.name}`,
      change.message,
    ]),
    flexible: 1,
  };
}

function facts(title: string, changes: readonly ChangedFact[]): Section | null {
  if (changes.length === 0) return null;
  return {
    title,
    rows: changes.map(({ what, from, to }) => [what, factText(what, from), '→', factText(what, to)]),
    flexible: 3,
  };
}

function factText(what: string, value: ChangedFact['from']): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  return what.endsWith(' bytes') ? formatByteSize(value) : grouped(value);
}

function operators({ operators: changes }: ModelDifference): Section | null {
  if (changes.length === 0) return null;
  return {
    title: 'Operators',
    rows: changes.map(({ name, from, to }) => [name, from, '→', to]),
  };
}

function weights({ weights: changes }: ModelDifference): Section {
  const { same, changed, added, removed, renamed } = changes;
  return {
    title: 'Weights',
    detail: `${grouped(same)} the same, ${grouped(changed.length)} changed, ${grouped(added.length)} added, ${grouped(removed.length)} removed, ${grouped(renamed.length)} renamed`,
    rows: [
      ...few('changed', 'yellow', changed, ({ name, what }) => (what === 'content' ? name : `${name} (${what})`)),
      ...few('added', 'green', added, String),
      ...few('removed', 'red', removed, String),
      ...few('renamed', 'dim', renamed, ({ from, to }) => `${from} → ${to}`),
    ],
    flexible: 1,
  };
}

function nodes({ nodes: changes }: ModelDifference): Section {
  const { same, changed, added, removed } = changes;
  return {
    title: 'Nodes',
    detail: `${grouped(same)} the same, ${grouped(changed.length)} changed, ${grouped(added.length)} added, ${grouped(removed.length)} removed`,
    rows: [
      ...few('changed', 'yellow', changed, ({ node, what }) => `${node} (${what.join(', ')})`),
      ...few('added', 'green', added, String),
      ...few('removed', 'red', removed, String),
    ],
    flexible: 1,
  };
}

function functions({ functions: changes }: ModelDifference): Section | null {
  const rows = [...few('added', 'green', changes.added, String), ...few('removed', 'red', changes.removed, String)];
  return rows.length === 0 ? null : { title: 'Functions', rows, flexible: 1 };
}

function few<T>(
  word: string,
  style: Style,
  items: readonly T[],
  textOf: (item: T) => string,
): readonly (readonly Cell[])[] {
  const rows = items.slice(0, NAMES_SHOWN).map((item): readonly Cell[] => [{ text: word, style }, textOf(item)]);
  const left = items.length - rows.length;
  return left === 0 ? rows : [...rows, [{ text: word, style }, `and ${grouped(left)} more`]];
}
