import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Difference, ImageDifference, LayerChange, ReportDifference } from '../../nouns/difference.ts';
import type { Finding } from '../../nouns/finding.ts';
import type { LockChange } from '../../nouns/lock-change.ts';
import { placeOf } from '../findings-text.ts';
import { type Cell, countText, type Section, type Style } from '../text-page.ts';
import { factSection, movedText } from './fact-section.ts';
import { modelSections, operatorSection, signatureSection } from './model-sections.ts';
import { verdictSections } from './verdict-sections.ts';

/** Findings shown of each kind; whoever wants every one asks for JSON. */
const FINDINGS_SHOWN = 20;

/** A comparison as tables, what matters first. */
export function differenceSections(difference: Difference): readonly Section[] {
  switch (difference.kind) {
    case 'model':
      return modelSections(difference);
    case 'report':
      return reportSections(difference);
    case 'verdict':
      return verdictSections(difference);
    case 'image':
      return imageSections(difference);
    case 'lock':
      return [lockSection(difference.changes)];
  }
}

/** What a comparison comes to, in a few words. */
export function differenceTitle(difference: Difference): string {
  if (
    (difference.kind === 'report' || difference.kind === 'verdict') &&
    difference.verdict.from !== difference.verdict.to
  )
    return `${difference.verdict.from} → ${difference.verdict.to}`;
  if (difference.same) return SAME[difference.kind];
  switch (difference.kind) {
    case 'report':
    case 'verdict':
      return `${difference.verdict.to}, as before`;
    case 'model':
      return difference.breaking ? 'clients of the old model may fail' : 'clients of the old model still work';
    case 'image':
      return `${countText(difference.layers.filter(({ same }) => !same).length, 'layer')} changed`;
    case 'lock':
      return `${countText(difference.changes.length, 'thing')} moved`;
  }
}

const SAME: Readonly<Record<Difference['kind'], string>> = {
  model: 'The models are the same: signature, graph, weights and metadata.',
  report: 'The reports say the same.',
  verdict: 'The verdicts say the same.',
  image: 'The images are the same, digest by digest.',
  lock: 'The locks say the same.',
};

function reportSections(difference: ReportDifference): readonly Section[] {
  const { figures, findings, signature } = difference;
  const sections = [
    factSection('Figures', figures),
    findingSection('New findings', findings.added),
    findingSection('Findings that are gone', findings.gone),
    signature.length === 0 ? null : signatureSection(difference),
    operatorSection(difference),
  ];
  return sections.filter((section) => section !== null);
}

const TONES: Readonly<Record<Finding['severity'], Style>> = { error: 'red', warning: 'yellow', note: 'dim' };

function findingSection(title: string, findings: readonly Finding[]): Section | null {
  if (findings.length === 0) return null;
  const left = findings.length - FINDINGS_SHOWN;
  return {
    title,
    columns: ['', 'rule', 'finding'],
    rows: findings.slice(0, FINDINGS_SHOWN).map(({ rule, severity, message, location }): readonly Cell[] => {
      const place = placeOf(location);
      return [{ text: severity, style: TONES[severity] }, rule, place === '' ? message : `${message} (${place})`];
    }),
    flexible: 2,
    isWrapped: true,
    ...(left > 0 && { footer: `and ${left} more` }),
  };
}

function imageSections({ figures, layers, settings, lock, verdict }: ImageDifference): readonly Section[] {
  const sections = [
    factSection('Image', figures),
    layerSection(layers),
    factSection('Settings', settings),
    lock === null || lock.length === 0 ? null : lockSection(lock),
    ...(verdict === null ? [] : verdictSections(verdict)),
  ];
  return sections.filter((section) => section !== null);
}

function layerSection(layers: readonly LayerChange[]): Section {
  return {
    title: 'Layers',
    columns: ['', 'old', '', 'new', 'change'],
    rows: layers.map(({ platform, name, same, fromBytes, toBytes }): readonly Cell[] => {
      const label = `${name} (${platform})`;
      if (same) return [label, sizeText(fromBytes), '', { text: 'same', style: 'dim' }];
      const moved = movedText({ what: 'bytes', from: fromBytes, to: toBytes });
      return [label, sizeText(fromBytes), '→', sizeText(toBytes), moved === '' ? 'other content' : moved];
    }),
  };
}

function lockSection(changes: readonly LockChange[]): Section {
  return {
    title: 'Lock',
    columns: ['', 'old', '', 'new', 'size'],
    rows: changes.map(({ what, from = 'none', to = 'none', fromBytes, toBytes }): readonly Cell[] => {
      const sizes = [fromBytes, toBytes].map((bytes) => sizeText(bytes ?? null));
      const hasSizes = fromBytes !== undefined || toBytes !== undefined;
      return [what, from, '→', to, ...(hasSizes ? [sizes.join(' → ')] : [])];
    }),
    flexible: 3,
  };
}

function sizeText(bytes: number | null): string {
  return bytes === null ? 'none' : formatByteSize(bytes);
}
