import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import type { Severity } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import type { Selection } from '../project/read-project.ts';
import { writeWhole } from '../project/write-whole.ts';
import { judgeStatically } from '../recipes/judge-statically.ts';
import type { ProbeWish } from '../recipes/probe-project.ts';
import { REPORT_FORMATS, renderReport } from '../report/render-report.ts';
import { RULE_DESCRIPTIONS } from '../validate/rules/rules.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { OUTPUT_OPTION, outputOf } from './output-option.ts';
import { pageOptionsOf } from './page-options.ts';
import { PATH_ARGUMENT, SELECTION_OPTIONS, selectionOf } from './selection.ts';

const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[];
const PROBE_PLACES = ['cgroup', 'container'] as const;

export const lintCommand: CommandSpec = {
  name: 'lint',
  summary: 'judge a model: the gates, and nothing built',
  argument: PATH_ARGUMENT,
  options: [
    ...SELECTION_OPTIONS,
    { flags: '--static', description: 'by the file alone: nothing is run or fetched' },
    {
      flags: '--probe [place]',
      description: 'hold the memory plan against the real server, by default wherever that can be done',
      choices: PROBE_PLACES,
    },
    { flags: '--format <format>', description: 'how the report is written (default: text)', choices: REPORT_FORMATS },
    OUTPUT_OPTION,
    {
      flags: '--fail-on <severity>',
      description: 'the mildest findings that make it fail (default: error)',
      choices: SEVERITIES,
    },
  ],
  examples: [
    'plimsoll lint model.onnx',
    'plimsoll lint . --static --format json',
    'plimsoll lint model.onnx --bound batch=32 --memory 256MiB',
    'plimsoll lint . --format html --output report.html',
  ],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', REPORT_FORMATS);
    const selection = selectionOf(path, flags);
    const failOn = choiceOf(flags, 'failOn', SEVERITIES);
    const file = outputOf(flags, door);
    const probe = probeOf(flags);
    const report =
      flags.static === true
        ? await judgeStatically(selection, door.machine)
        : await askRuntime(selection, { probe, door });
    const page = await renderReport(report, format, {
      ...pageOptionsOf(door),
      folder: door.machine.workingFolder,
      failOn,
      describe: (rule) => RULE_DESCRIPTIONS.find(({ id }) => id === rule),
    });
    if (file === undefined) door.print(page.trimEnd());
    else await writeWhole(file, page);
    return exitOf(report, failOn);
  },
};

/** Loaded only when the runtime is asked: what it takes to get one is half of this program. */
async function askRuntime(
  selection: Selection,
  { probe, door }: { readonly probe: ProbeWish; readonly door: Door },
): Promise<Report> {
  const { judgeProject } = await import('../recipes/judge-project.ts');
  return judgeProject(selection, { ...door, probe });
}

function probeOf(flags: Flags): ProbeWish {
  if (flags.probe === undefined) return 'never';
  if (flags.static !== true) return flags.probe === true ? 'must' : choiceOf(flags, 'probe', PROBE_PLACES);
  throw usage('probe', {
    message: '--probe with --static: one runs the server, the other runs nothing',
    mend: 'Leave one out.',
  });
}

function usage(what: string, { message, mend }: { readonly message: string; readonly mend: string }): Failure {
  return new Failure(message, { code: `usage/${what}`, exit: EXIT.usage, mend });
}

function exitOf({ verdict, findings }: Report, failOn: Severity): ExitCode {
  const grave: readonly Severity[] = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  if (verdict === 'fail' || findings.some((finding) => grave.includes(finding.severity))) return EXIT.findings;
  return verdict === 'pass' ? EXIT.passed : EXIT.inconclusive;
}
