import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { isGrave, type LockHealth } from '../nouns/lock-health.ts';
import { TOOL } from '../nouns/tool.ts';
import { readLock } from '../project/lock-file.ts';
import { readProject } from '../project/read-project.ts';
import { lookAtMachine } from '../recipes/doctor/look-at-machine.ts';
import { lockHealth } from '../recipes/lock-health.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import { renderMachine } from '../report/machine-text.ts';
import { printable } from '../report/printable.ts';
import { choiceOf, FORMAT_OPTION, FORMATS } from './choice.ts';
import type { CommandSpec, Door } from './command.ts';
import { pageOptionsOf } from './page-options.ts';
import { PATH_ARGUMENT } from './selection.ts';

export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary: 'say what this machine has and lacks, or with --lock what of a lock has aged',
  argument: PATH_ARGUMENT,
  options: [
    {
      flags: '--lock',
      description: 'look for what has left upstream, reached its end of life, or has a newer security version (exit 1)',
    },
    { ...FORMAT_OPTION, description: 'how what the machine has is written (default: text)' },
  ],
  examples: ['plimsoll doctor', 'plimsoll doctor --format json', 'plimsoll doctor --lock examples/sklearn'],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', FORMATS);
    if (flags.lock !== true) return tellMachine(format, door);
    const bench = await openWorkbench(door);
    try {
      return tellHealth(await healthOf(path, bench), door);
    } finally {
      await bench.close();
    }
  },
};

async function healthOf(path: string, bench: Workbench): Promise<LockHealth> {
  const project = await readProject(path, bench.machine.workingFolder);
  const lock = await readLock(project.lockPath);
  if (lock) return lockHealth(lock, { folder: project.folder, mirror: project.config.sources.debian }, bench);
  throw new Failure(`${project.lockPath} does not exist; there is nothing to look at`, {
    code: 'lock/missing',
    exit: EXIT.usage,
    mend: 'Run plimsoll lock first.',
  });
}

function tellHealth({ ages, unknown }: LockHealth, door: Door): ExitCode {
  for (const age of ages) door.print(`${isGrave(age) ? 'warning' : 'note'}: ${printable(age.message)}\n  ${age.mend}`);
  for (const why of unknown) door.print(`could not look: ${printable(why)}`);
  if (ages.some(isGrave)) return EXIT.findings;
  if (unknown.length > 0) return EXIT.inconclusive;
  if (ages.length === 0) door.tell('all that the lock names is what upstream has now');
  return EXIT.passed;
}

async function tellMachine(format: (typeof FORMATS)[number], door: Door): Promise<ExitCode> {
  const health = await lookAtMachine(door.machine, door.signal);
  const { name, version } = TOOL;
  if (format === 'text') door.print(renderMachine(health, pageOptionsOf(door)).trimEnd());
  else door.print(JSON.stringify({ schema: 'plimsoll.doctor/1', tool: { name, version }, ...health }, null, 2));
  return EXIT.passed;
}
