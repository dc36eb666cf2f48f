import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import type { Lock } from '../nouns/lock.ts';
import { lockChanges, renderLockChange } from '../nouns/lock-change.ts';
import type { Selection } from '../project/read-project.ts';
import { demandOf } from '../recipes/demand.ts';
import { fitProject, type UnfitProject } from '../recipes/fit-project.ts';
import { lockProject } from '../recipes/lock-project.ts';
import { readServerBundle } from '../recipes/server-bundle.ts';
import { settleLock } from '../recipes/settle-lock.ts';
import { THINGS, type Thing, updateLock } from '../recipes/update-lock.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { exitOf } from './package.ts';
import { PATH_ARGUMENT, SELECTION_OPTIONS, selectionOf } from './selection.ts';
import { tellFindings } from './tell-packaged.ts';

export interface LockOptions {
  /** Look and do not write: throws `lock/drift` where something would have to move. */
  readonly check?: boolean;
  /** Move this thing alone to what is newest; without it, what has to move moves. */
  readonly update?: Thing;
}

export type Locked =
  | UnfitProject
  | { readonly verdict: 'pass'; readonly before: Lock | undefined; readonly lock: Lock };

/** Settles and writes the lock of a project, or holds it against the project. Throws a Failure where it cannot go on. */
export async function lockModel(
  selection: string | Selection,
  { check = false, update }: LockOptions,
  bench: Workbench,
): Promise<Locked> {
  if (update) return updateLock(selection, update, bench);
  const fit = await fitProject(selection, bench);
  if (fit.verdict !== 'pass') return fit;
  const { project, lock: before } = fit;
  if (check) {
    await settleLock({ ...fit, demand: demandOf(fit, await readServerBundle()), frozen: true }, bench);
    return { verdict: 'pass', before, lock: before as Lock };
  }
  const { lock } = await lockProject(fit, { frozen: false, platforms: project.config.platforms, near: [] }, bench);
  return { verdict: 'pass', before, lock };
}

export const lockCommand: CommandSpec = {
  name: 'lock',
  summary: 'resolve and write the lock: every byte that will be in the image, by digest',
  argument: PATH_ARGUMENT,
  options: [
    { flags: '--update <thing>', description: 'move this alone to what is newest', choices: THINGS },
    {
      flags: '--check',
      description: 'write nothing; exit 3, with a line for each thing, where the lock does not hold',
    },
    ...SELECTION_OPTIONS,
  ],
  examples: ['plimsoll lock examples/sklearn', 'plimsoll lock --update base', 'plimsoll lock . --check'],
  async run(path, flags, door) {
    const options = readFlags(flags);
    const bench = await openWorkbench(door);
    try {
      return tell(await lockModel(selectionOf(path, flags), options, bench), { options, door });
    } finally {
      await bench.close();
    }
  },
};

function tell(locked: Locked, { options, door }: { readonly options: LockOptions; readonly door: Door }): ExitCode {
  if (locked.verdict !== 'pass') {
    tellFindings(locked, door);
    return exitOf(locked);
  }
  if (options.check) {
    door.tell('the lock holds');
    return EXIT.passed;
  }
  const changes = lockChanges(locked.before, locked.lock);
  for (const change of changes) door.print(renderLockChange(change));
  if (changes.length === 0) door.tell(options.update ? `nothing newer: ${options.update}` : 'the lock holds');
  return EXIT.passed;
}

function readFlags(flags: Flags): LockOptions {
  const check = flags.check === true;
  if (flags.update === undefined) return { check };
  const update = THINGS.find((thing) => thing === flags.update);
  if (update && !check) return { update };
  throw new Failure(
    update
      ? '--check and --update cannot go together'
      : `--update ${String(flags.update)}: wanted ${THINGS.join(', ')}`,
    {
      code: 'usage/update',
      exit: EXIT.usage,
      mend: update ? 'Give one of them: --check writes nothing.' : 'For instance --update base.',
    },
  );
}
