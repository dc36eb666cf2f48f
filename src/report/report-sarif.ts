import type { Finding, Location, Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { placeOf } from './findings-text.ts';
import type { RenderOptions, RuleWords } from './render-report.ts';
import { renderSarifLog, uriOf } from './sarif-log.ts';

/** SARIF 2.1.0, as code hosts take it for their lists of alerts. Paths are relative to the working folder where they lie in it. */
export function renderSarif(report: Report, options: RenderOptions): string {
  const all = [...report.findings, ...report.suppressed.map(({ finding }) => finding)];
  const rules = [...new Set(all.map(({ rule }) => rule))].sort();
  const reasons = new Map(report.suppressed.map(({ finding, reason }) => [finding, reason]));
  return renderSarifLog({
    tool: report.tool,
    rules: rules.map((id) => ruleOf(id, options.describe(id))),
    results: all.map((finding) => resultOf(finding, { rules, report, reason: reasons.get(finding), options })),
    properties: { verdict: report.verdict, memory: withoutMoments(report.memory) },
  });
}

function ruleOf(id: string, words: RuleWords | undefined) {
  if (words === undefined) return { id };
  const { title, explanation, mend } = words;
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: explanation },
    help: { text: mend },
  };
}

interface ResultFacts {
  readonly rules: readonly string[];
  readonly report: Report;
  readonly reason: string | undefined;
  readonly options: RenderOptions;
}

function resultOf({ rule, severity, message, mend, location }: Finding, facts: ResultFacts) {
  const { rules, report, reason, options } = facts;
  return {
    ruleId: rule,
    ruleIndex: rules.indexOf(rule),
    level: LEVELS[severity],
    message: { text: `${message}\n${mend}` },
    locations: [locationOf(location ?? {}, { file: location?.file ?? report.model.path, folder: options.folder })],
    ...(reason !== undefined && { suppressions: [{ kind: 'external', status: 'accepted', justification: reason }] }),
  };
}

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'note' };

function locationOf(location: Location, { file, folder }: { readonly file: string; readonly folder: string }) {
  const { node, tensor, offset, graph } = location;
  const name = node ?? tensor ?? graph;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(file, folder) },
      // Hosts that show text want a line; a model has none, so it is the first.
      region: offset === undefined ? { startLine: 1 } : { startLine: 1, byteOffset: offset, byteLength: 0 },
    },
    ...(name !== undefined &&
      name !== '' && { logicalLocations: [{ name, fullyQualifiedName: placeOf(location), kind: 'element' }] }),
  };
}

function withoutMoments(memory: Report['memory']) {
  if (memory === null) return null;
  const { moments: _, ...facts } = memory;
  return facts;
}
