import { mkdir } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import { FRAMEWORKS } from '../nouns/model-source.ts';
import { shellWord } from '../nouns/shell-word.ts';
import { parseConfig } from '../project/read-config.ts';
import { writeWhole } from '../project/write-whole.ts';
import { CODE_HOSTS, findRepository } from '../recipes/init/code-host.ts';
import { type FoundModel, findModel } from '../recipes/init/find-model.ts';
import { assertNothingLost, makeProposal, openBounds, type ProposedFile } from '../recipes/init/make-proposal.ts';
import type { ProposedBounds } from '../recipes/init/propose-bounds.ts';
import { printable } from '../report/printable.ts';
import { ask } from './ask.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door } from './command.ts';
import { BOUND_OPTION, MEMORY_OPTION, selectionOf } from './selection.ts';

export const initCommand: CommandSpec = {
  name: 'init',
  summary: 'write plimsoll.yaml, and what belongs beside it, from what the model says',
  argument: {
    name: 'path',
    description: 'an .onnx file, a file that a framework has saved, a training script, or the folder with one of them',
    default: '.',
  },
  options: [
    { flags: '--from <framework>', description: 'the framework, where its file does not tell', choices: FRAMEWORKS },
    BOUND_OPTION,
    MEMORY_OPTION,
    {
      flags: '--ci <host>',
      description: 'write a workflow for it (default: as the Git remote tells)',
      choices: [...CODE_HOSTS, 'none'],
    },
    { flags: '--allow-code', description: 'let a file be loaded that runs code, such as a pickle' },
    { flags: '--force', description: 'replace files that are there' },
    { flags: '-y, --yes', description: 'ask nothing: take the proposed bounds, also on a terminal' },
  ],
  examples: [
    'plimsoll init model.onnx',
    'plimsoll init model.onnx --bound batch=8 --memory 256MiB --ci github',
    'plimsoll init model.skops',
  ],
  async run(path, flags, door) {
    const from = flags.from === undefined ? undefined : choiceOf(flags, 'from', FRAMEWORKS);
    const ci = flags.ci === undefined ? undefined : choiceOf(flags, 'ci', [...CODE_HOSTS, 'none']);
    const { bounds: given = {} } = selectionOf(path, flags);
    const { workingFolder } = door.machine;
    const found = await findModel(path, { workingFolder, ...(from && { from }) });
    if (found.kind === 'source') door.tell(`${found.source} is taken for ${found.from}${reasonOf(found)}`);

    const asked = flags.yes === true ? undefined : door.ask && door;
    const bounds = await settleBounds(openBounds(found), { given, asked });
    const allowCode = flags.allowCode === true || (await mayRunCode(found, asked));
    const memory = typeof flags.memory === 'string' ? flags.memory : undefined;
    const files = await makeProposal(found, { bounds, memory, allowCode, ci });

    if (flags.force !== true) assertNothingLost(files);
    await write(files, door);
    if (ci === undefined && (await findRepository(found.folder))?.host === undefined)
      door.tell('no workflow for CI: --ci github or --ci gitlab writes one');
    tellNext(found, { allowCode, door });
    return EXIT.passed;
  },
};

function reasonOf({ because }: Extract<FoundModel, { kind: 'source' }>): string {
  return because === null ? '' : `: ${because}`;
}

interface BoundSources {
  readonly given: Readonly<Record<string, number>>;
  /** Where a person can be asked. */
  readonly asked: Door | undefined;
}

/** What is given goes over what a person says, and that over what is proposed. */
async function settleBounds(proposed: ProposedBounds, { given, asked }: BoundSources): Promise<ProposedBounds> {
  const bounds: ProposedBounds['bounds'][number][] = [];
  for (const bound of proposed.bounds) {
    const size = Object.hasOwn(given, bound.name) ? given[bound.name] : asked && (await askSize(bound, asked));
    bounds.push({ ...bound, size: size ?? bound.size });
  }
  const strange = Object.entries(given).filter(([name]) => !bounds.some((bound) => bound.name === name));
  const added = strange.map(([name, size]) => ({ name, size, place: 'as given' }));
  return { ...proposed, bounds: [...bounds, ...added] };
}

function askSize({ name, place, size }: ProposedBounds['bounds'][number], door: Door): Promise<number> {
  return ask(door, {
    question: `Largest ${printable(name)}, ${printable(place)}`,
    usual: String(size),
    read: (answer) => (/^\d{1,9}$/.test(answer) && Number(answer) > 0 ? Number(answer) : undefined),
    wanted: 'a whole number above zero',
  });
}

async function mayRunCode(found: FoundModel, asked: Door | undefined): Promise<boolean> {
  if (found.kind === 'onnx' || !found.runsCode || !asked) return false;
  return ask(asked, {
    question: `${found.source} runs code when it is loaded. Do you trust whoever wrote it`,
    usual: 'no',
    read: (answer) => ({ yes: true, y: true, no: false, n: false })[answer.toLowerCase()],
    wanted: 'yes or no',
  });
}

/** A configuration that this program would refuse is a defect of this program, and is not written. */
async function write(files: readonly ProposedFile[], door: Door): Promise<void> {
  for (const { path, text } of files) if (path.endsWith('plimsoll.yaml')) parseConfig(text, path);
  for (const { path, text, remark } of files) {
    await mkdir(dirname(path), { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new Failure(`cannot make the folder ${dirname(path)}: ${cause.code ?? cause.message}`, {
        code: 'output/unwritable',
        exit: EXIT.usage,
        mend: 'Give this user the right to write there, or leave the workflow out with --ci none.',
        cause,
      });
    });
    await writeWhole(path, text);
    door.print(relative(door.machine.workingFolder, path) || path);
    if (remark !== undefined) door.tell(`  ${remark}`);
  }
}

function tellNext(found: FoundModel, { allowCode, door }: { readonly allowCode: boolean; readonly door: Door }): void {
  const folder = shellWord(relative(door.machine.workingFolder, found.folder) || '.');
  if (found.kind === 'source' && found.runsCode && !allowCode)
    door.tell(`${found.source} is a pickle: set allowCode to true in plimsoll.yaml before it can be converted`);
  door.tell(
    found.kind === 'onnx'
      ? `next: plimsoll lint ${folder}, plimsoll package ${folder}`
      : `next: plimsoll package ${folder}`,
  );
}
