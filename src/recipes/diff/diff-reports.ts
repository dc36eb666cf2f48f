import type { ReportDocument } from '../../../schemas/report.ts';
import type { ReportDifference } from '../../nouns/difference.ts';
import type { Finding } from '../../nouns/finding.ts';
import type { ChangedFact } from '../../nouns/model-difference.ts';
import { ALL_PLATFORMS } from '../../nouns/platform.ts';
import { changedCounts } from '../../validate/summary/diff-models.ts';
import { diffSignatures } from '../../validate/summary/diff-signatures.ts';

/** What changed from one judgement to another: of the same model after a change, mostly. */
export function diffReports(before: ReportDocument, after: ReportDocument): ReportDifference {
  const figures = figuresOf(before, after);
  const signature = diffSignatures(before.model, after.model);
  const operators = changedCounts(before.operators.counts, after.operators.counts);
  const findings = {
    added: without(after.findings as readonly Finding[], before.findings as readonly Finding[]),
    gone: without(before.findings as readonly Finding[], after.findings as readonly Finding[]),
  };
  const lists = [signature, operators, findings.added, findings.gone, figures.filter(({ from, to }) => from !== to)];
  return {
    kind: 'report',
    same: before.verdict === after.verdict && lists.every((list) => list.length === 0),
    breaking: signature.some(({ breaking }) => breaking),
    verdict: { from: before.verdict, to: after.verdict },
    model: { from: before.model.path, to: after.model.path },
    figures,
    findings,
    operators,
    signature,
  };
}

/** Each figure of a report under its name; names that end in bytes are sizes. */
const FIGURES: readonly (readonly [
  what: string,
  of: (report: ReportDocument) => string | number | null | undefined,
])[] = [
  ['recommended limit, bytes', ({ memory }) => memory?.recommendedLimitBytes],
  ['memory at most, bytes', ({ memory }) => memory?.upperBoundBytes],
  ['memory expected, bytes', ({ memory }) => memory?.unreclaimableBytes],
  ['mapped files, bytes', ({ memory }) => memory?.mappedBytes],
  ['memory measured, bytes', ({ memory }) => memory?.probe?.unreclaimableBytes],
  ['memory verdict', ({ memory }) => memory?.verdict],
  ['profile', ({ memory }) => memory?.profile],
  ['model, bytes', ({ sizes }) => sizes.modelBytes],
  ['as it ships, bytes', ({ sizes }) => sizes.preparedBytes],
  ...ALL_PLATFORMS.map(
    (platform) => [`image ${platform}, bytes`, ({ sizes }: ReportDocument) => sizes.imageBytes?.[platform]] as const,
  ),
  ['nodes', ({ model }) => model.nodes],
  ['parameters', ({ model }) => model.parameters],
  ['onnxruntime', ({ runtime }) => runtime.onnxruntime],
  ['Node', ({ runtime }) => runtime.node],
];

function figuresOf(before: ReportDocument, after: ReportDocument): readonly ChangedFact[] {
  return FIGURES.map(([what, of]) => ({ what, from: of(before) ?? null, to: of(after) ?? null })).filter(
    ({ from, to }) => from !== null || to !== null,
  );
}

/** Findings that others do not have; numbers in their messages move with the model, and make no other finding. */
function without(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const keyOf = ({ rule, severity, location = {} }: Finding) =>
    JSON.stringify([rule, severity, location.graph ?? '', location.node ?? '', location.tensor ?? '']);
  const known = new Set(others.map(keyOf));
  return findings.filter((finding) => !known.has(keyOf(finding)));
}
