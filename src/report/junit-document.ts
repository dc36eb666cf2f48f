/** JUnit's XML: what services for continuous integration read of tests. */
export function renderSuites(name: string, suites: readonly Suite[]): string {
  const sum = (count: (suite: Suite) => number) => suites.reduce((total, suite) => total + count(suite), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(name)}" tests="${sum(testsOf)}" failures="${sum(failuresOf)}" errors="${sum(errorsOf)}">`,
    ...suites.map(renderSuite),
    '</testsuites>\n',
  ].join('\n');
}

/** One thing that was looked at. */
export interface Test {
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
  readonly text: string;
}

export interface Suite {
  readonly name: string;
  readonly tests: readonly Test[];
}

function renderSuite(suite: Suite): string {
  const { name, tests } = suite;
  const head = `  <testsuite name="${xml(name)}" tests="${testsOf(suite)}" failures="${failuresOf(suite)}" errors="${errorsOf(suite)}" skipped="${skippedOf(suite)}">`;
  return [head, ...tests.map((test) => renderTest(name, test)), '  </testsuite>'].join('\n');
}

function renderTest(suite: string, { name, outcome, message, text }: Test): string {
  const head = `    <testcase classname="${xml(suite)}" name="${xml(name)}" time="0"`;
  if (outcome === 'skipped') return `${head}>\n      <skipped message="${xml(message)}"/>\n    </testcase>`;
  if (outcome !== 'passed')
    return `${head}>\n      <${outcome} message="${xml(message)}">${xml(text)}</${outcome}>\n    </testcase>`;
  return text === '' ? `${head}/>` : `${head}>\n      <system-out>${xml(text)}</system-out>\n    </testcase>`;
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

function skippedOf({ tests }: Suite): number {
  return tests.filter(({ outcome }) => outcome === 'skipped').length;
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
