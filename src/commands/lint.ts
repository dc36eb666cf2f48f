import { EXIT, type ExitCode } from '../nouns/failure.ts';
import type { Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import type { Selection } from '../project/read-project.ts';
import { judgeStatically } from '../recipes/judge-statically.ts';
import { renderReport } from '../report/report-text.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door } from './command.ts';
import { pageOptionsOf } from './page-options.ts';
import { BOUND_OPTION, PATH_ARGUMENT, selectionOf } from './selection.ts';

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

export const lintCommand: CommandSpec = {
  name: 'lint',
  summary: 'judge a model: the gates, and nothing built',
  argument: PATH_ARGUMENT,
  options: [
    BOUND_OPTION,
    { flags: '--static', description: 'by the file alone: nothing is run or fetched' },
    { flags: '--format <format>', description: 'text or json (default: text)' },
    {
      flags: '--fail-on <severity>',
      description: 'error, warning or note: findings that make it fail (default: error)',
    },
  ],
  examples: [
    'plimsoll lint model.onnx',
    'plimsoll lint . --static --format json',
    'plimsoll lint model.onnx --bound batch=32 --fail-on warning',
  ],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', ['text', 'json']);
    const selection = selectionOf(path, flags);
    const failOn = choiceOf(flags, 'failOn', ['error', 'warning', 'note']);
    const report =
      flags.static === true
        ? await judgeStatically(selection, door.machine.workingFolder)
        : await askRuntime(selection, door);
    if (format === 'json') door.print(JSON.stringify(report, null, 2));
    else door.print(renderReport(report, pageOptionsOf(door)));
    return exitOf(report, failOn);
  },
};

/** Loaded only when the runtime is asked: what it takes to get one is half of this program. */
async function askRuntime(selection: Selection, door: Door): Promise<Report> {
  const { judgeProject } = await import('../recipes/judge-project.ts');
  return judgeProject(selection, door);
}

function exitOf({ verdict, findings }: Report, failOn: Severity): ExitCode {
  const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  if (verdict === 'fail' || findings.some((finding) => grave.includes(finding.severity))) return EXIT.findings;
  return verdict === 'pass' ? EXIT.passed : EXIT.inconclusive;
}
