import type { Finding, Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { placeOf } from './findings-text.ts';
import { memorySentence } from './memory-words.ts';
import type { RenderOptions } from './render-report.ts';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** JUnit's XML: a suite for each kind of rule, a test for each rule that found something, and one for the memory. */
export function renderJunit(report: Report, { failOn }: RenderOptions): string {
  const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  const suites = suitesOf(report, (finding) => grave.includes(finding.severity));
  const sum = (count: (suite: Suite) => number) => suites.reduce((total, suite) => total + count(suite), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(report.tool.name)}" tests="${sum(testsOf)}" failures="${sum(failuresOf)}" errors="${sum(errorsOf)}">`,
    ...suites.map(renderSuite),
    '</testsuites>\n',
  ].join('\n');
}

interface Test {
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error';
  readonly message: string;
  readonly text: string;
}

interface Suite {
  readonly name: string;
  readonly tests: readonly Test[];
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

function renderSuite(suite: Suite): string {
  const { name, tests } = suite;
  const head = `  <testsuite name="${xml(name)}" tests="${testsOf(suite)}" failures="${failuresOf(suite)}" errors="${errorsOf(suite)}" skipped="0">`;
  return [head, ...tests.map((test) => renderTest(name, test)), '  </testsuite>'].join('\n');
}

function renderTest(suite: string, { name, outcome, message, text }: Test): string {
  const head = `    <testcase classname="${xml(suite)}" name="${xml(name)}" time="0"`;
  if (outcome !== 'passed')
    return `${head}>\n      <${outcome} message="${xml(message)}">${xml(text)}</${outcome}>\n    </testcase>`;
  return text === '' ? `${head}/>` : `${head}>\n      <system-out>${xml(text)}</system-out>\n    </testcase>`;
}

function textOf({ severity, rule, message, mend, location }: Finding): string {
  const place = placeOf(location);
  return `${severity} ${rule}${place === '' ? '' : ` (${place})`}\n${message}\n${mend}`;
}

function areaOf(rule: string): string {
  return rule.slice(0, rule.indexOf('/'));
}

function testsOf({ tests }: Suite): number {
  return tests.length;
}

function failuresOf({ tests }: Suite): number {
  return tests.filter(({ outcome }) => outcome === 'failure').length;
}

function errorsOf({ tests }: Suite): number {
  return tests.filter(({ outcome }) => outcome === 'error').length;
}

/** Characters that XML 1.0 has no way to write are shown as their codes. */
function xml(text: string): string {
  return text
    .replace(UNWRITABLE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replace(/\n/g, '&#10;');
}

const UNWRITABLE = /[^\t\n\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
