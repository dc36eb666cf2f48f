import { resolve } from 'node:path';
import { parseByteSize } from '../nouns/byte-size.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import type { FixResult } from '../nouns/fix-result.ts';
import { nearest } from '../nouns/nearest.ts';
import { TOOL } from '../nouns/tool.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject } from '../project/read-project.ts';
import { fixModel } from '../recipes/fix-model.ts';
import { settleRuntime } from '../recipes/settle-runtime.ts';
import { openWorkbench } from '../recipes/workbench.ts';
import { renderFix } from '../report/fix-text.ts';
import type { Mend } from '../validate/fix/mend.ts';
import { MENDS } from '../validate/fix/mends.ts';
import { choiceOf, FORMAT_OPTION, FORMATS } from './choice.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { listMends } from './list-mends.ts';
import { pageOptionsOf } from './page-options.ts';
import { PATH_ARGUMENT } from './selection.ts';

export const fixCommand: CommandSpec = {
  name: 'fix',
  summary: 'mend what can be mended without changing the numbers, and prove that by running both models',
  argument: PATH_ARGUMENT,
  options: [
    { flags: '-o, --out <file>', description: 'where the mended model goes', names: 'file' },
    {
      flags: '--only <rule>',
      description: 'mend findings of this rule alone; --list shows them',
      repeatable: true,
    },
    { flags: '--list', description: 'show every mend and what it would do, and write nothing' },
    {
      flags: '--external-from <size>',
      description: 'move weights from this size on to a data file (1MiB with --only)',
    },
    { flags: '--force', description: 'replace what is at the place of the mended model' },
    FORMAT_OPTION,
  ],
  examples: [
    'plimsoll fix model.onnx -o model.fixed.onnx',
    'plimsoll fix model.onnx -o model.fixed.onnx --only production/zipmap',
    'plimsoll fix model.onnx --list',
  ],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', FORMATS);
    const mends = chosenMends(flags);
    const externalBytes = externalBytesOf(flags);
    const project = await readProject(path, door.machine.workingFolder);
    if (flags.list === true) return listMends(project, { mends, externalBytes, format, door });
    const out = outOf(flags, door);
    const result = await withRuntime(project, door, (runtimeFolder) =>
      fixModel(project, {
        out,
        mends,
        externalBytes,
        isForced: flags.force === true,
        runtimeFolder,
        signal: door.signal,
      }),
    );
    tell(result, { format, out, door });
    return exitOf(result);
  },
};

/** Weights that are worth a file of their own, where no other size is given. */
const EXTERNAL_BYTES = 2 ** 20;

function externalBytesOf({ externalFrom }: Flags): number {
  if (externalFrom === undefined) return EXTERNAL_BYTES;
  const size = parseByteSize(externalFrom);
  if (size.ok) return size.bytes;
  throw new Failure(`--external-from: ${size.why}`, {
    code: 'usage/size',
    exit: EXIT.usage,
    mend: 'For instance --external-from 1MiB.',
  });
}

function chosenMends({ only, externalFrom, list }: Flags): readonly Mend[] {
  const rules = Array.isArray(only) ? (only as readonly string[]) : [];
  for (const rule of rules) if (!MENDS.some((mend) => mend.rule === rule)) throw unknownMend(rule);
  const isChosen = ({ rule, isOnlyWhenAsked, isAskedByExternalFrom }: Mend): boolean =>
    rules.includes(rule) ||
    (isAskedByExternalFrom === true && externalFrom !== undefined) ||
    (rules.length === 0 && (list === true || !isOnlyWhenAsked));
  return MENDS.filter(isChosen);
}

function unknownMend(rule: string): Failure {
  const rules = MENDS.map((mend) => mend.rule);
  const near = nearest(rule, rules);
  return new Failure(`--only ${rule}: there is no mend for a rule of this name`, {
    code: 'usage/mend',
    exit: EXIT.usage,
    mend: near === undefined ? `There are mends for ${rules.join(', ')}.` : `Was ${near} meant?`,
  });
}

function outOf({ out }: Flags, { machine }: Door): string {
  if (typeof out === 'string') return resolve(machine.workingFolder, out);
  throw new Failure('There is no place for the mended model', {
    code: 'usage/out',
    exit: EXIT.usage,
    mend: 'Name one with --out FILE, or look at what would be done with --list.',
  });
}

/** Settles the runtime only when a proof asks for it: where there is nothing to mend nothing is fetched. */
async function withRuntime<T>(
  project: Project,
  door: Door,
  use: (folder: () => Promise<string>) => Promise<T>,
): Promise<T> {
  const lock = await readLock(project.lockPath);
  const bench = await openWorkbench(door);
  try {
    return await use(async () => (await settleRuntime(project, { lock, bench })).folder);
  } finally {
    await bench.close();
  }
}

function tell(result: FixResult, { format, out, door }: { format: 'text' | 'json'; out: string; door: Door }): void {
  if (format === 'json') {
    const { name, version } = TOOL;
    door.print(JSON.stringify({ schema: 'plimsoll.fix/1', tool: { name, version }, ...result }, null, 2));
    return;
  }
  const next = result.files.length === 0 ? null : `plimsoll lint ${out}`;
  door.print(renderFix(result, { ...pageOptionsOf(door), next }).trimEnd());
}

function exitOf({ verdict, dropped }: FixResult): ExitCode {
  if (verdict === 'inconclusive') return EXIT.inconclusive;
  return dropped.length > 0 ? EXIT.findings : EXIT.passed;
}
