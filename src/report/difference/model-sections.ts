import type { ModelDifference } from '../../nouns/model-difference.ts';
import { type Cell, grouped, type Section, type Style } from '../text-page.ts';
import { factSection } from './fact-section.ts';

/** Names shown of each kind; whoever wants every one asks for JSON. */
const NAMES_SHOWN = 8;

/** What changed between two models, what breaks clients first. */
export function modelSections(difference: ModelDifference): readonly Section[] {
  const sections = [
    signatureSection(difference),
    factSection('Model', difference.facts),
    operatorSection(difference),
    weights(difference),
    nodes(difference),
    functions(difference),
    factSection('Metadata', difference.metadata),
  ];
  return sections.filter((section) => section !== null);
}

export function signatureSection({
  signature: changes,
  breaking,
}: Pick<ModelDifference, 'signature' | 'breaking'>): Section {
  const inOrder = [...changes].sort((a, b) => Number(b.breaking) - Number(a.breaking));
  return {
    title: 'Signature',
    detail:
      changes.length === 0
        ? 'unchanged'
        : breaking
          ? 'clients of the old model may fail'
          : 'clients of the old model still work',
    columns: ['', 'place', 'change'],
    rows: inOrder.map((change): readonly Cell[] => [
      change.breaking ? { text: 'breaks', style: 'red' } : { text: 'compatible', style: 'green' },
      change.name === '' ? change.side : `${change.side} ${change.name}`,
      change.message,
    ]),
    flexible: 1,
  };
}

export function operatorSection({ operators: changes }: Pick<ModelDifference, 'operators'>): Section | null {
  if (changes.length === 0) return null;
  return {
    title: 'Operators',
    columns: ['operator', 'old', '', 'new'],
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
