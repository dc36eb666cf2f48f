import type { Finding, Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { placeOf } from './findings-text.ts';
import { renderSuites, type Suite, type Test } from './junit-document.ts';
import { memorySentence } from './memory-words.ts';
import type { RenderOptions } from './render-report.ts';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** JUnit's XML: a suite for each kind of rule, a test for each rule that found something, and one for the memory. */
export function renderJunit(report: Report, { failOn }: RenderOptions): string {
  const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  const suites = suitesOf(report, (finding) => grave.includes(finding.severity));
  return renderSuites(report.tool.name, suites);
}

function suitesOf(report: Report, isGrave: (finding: Finding) => boolean): readonly Suite[] {
  const areas = ['structure', 'runtime', 'prepare', 'production', 'budget', 'memory', 'config'];
  const others = report.findings.map(({ rule }) => areaOf(rule)).filter((area) => !areas.includes(area));
  return [
    ...[...areas, ...new Set(others)].map((area) => ({
      name: area,
      tests: testsFor(
        report.findings.filter(({ rule }) => areaOf(rule) === area),
        isGrave,
      ),
    })),
    { name: 'verdict', tests: [verdictTest(report)] },
  ];
}

function testsFor(findings: readonly Finding[], isGrave: (finding: Finding) => boolean): readonly Test[] {
  if (findings.length === 0) return [{ name: 'no findings', outcome: 'passed', message: '', text: '' }];
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  return rules.map((rule) => {
    const found = findings.filter((finding) => finding.rule === rule);
    const outcome = found.some(isGrave) ? 'failure' : 'passed';
    return { name: rule, outcome, message: found[0]?.message ?? '', text: found.map(textOf).join('\n\n') };
  });
}

/** A judgement that could not be reached is no pass: test reports call that an error. */
function verdictTest({ verdict, memory }: Report): Test {
  const message = memory === null ? `the verdict is ${verdict}` : memorySentence(memory);
  const outcome = verdict === 'pass' ? 'passed' : verdict === 'fail' ? 'failure' : 'error';
  return { name: 'the model is fit to ship', outcome, message, text: `verdict: ${verdict}` };
}

function textOf({ severity, rule, message, mend, location }: Finding): string {
  const place = placeOf(location);
  return `${severity} ${rule}${place === '' ? '' : ` (${place})`}\n${message}\n${mend}`;
}

function areaOf(rule: string): string {
  return rule.slice(0, rule.indexOf('/'));
}
