import { findEngine } from '../container/engine/find-engine.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { isGrave, type LockHealth } from '../nouns/lock-health.ts';
import { readLock } from '../project/lock-file.ts';
import { readProject } from '../project/read-project.ts';
import { lockHealth } from '../recipes/lock-health.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import { printable } from '../report/printable.ts';
import type { CommandSpec, Door } from './command.ts';
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
  ],
  examples: ['plimsoll doctor', 'plimsoll doctor --lock examples/sklearn'],
  async run(path, flags, door) {
    const bench = await openWorkbench(door);
    try {
      if (flags.lock !== true) return await tellMachine(bench, door);
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

/** What is needed for which command; nothing here is needed for all. */
async function tellMachine(bench: Workbench, door: Door): Promise<ExitCode> {
  const rows: readonly [what: string, look: () => Promise<string>][] = [
    ['node', async () => process.versions.node],
    ['cache', async () => bench.cache.root],
    ['npm registry', async () => (await bench.registry()).url],
    ['Debian mirror', async () => (await bench.mirrors(undefined)).archive.join(', ')],
    ['container engine', () => engineOf(bench)],
  ];
  for (const [what, look] of rows) {
    const line = await look().catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      return `lacking: ${error.message}\n  ${error.mend}`;
    });
    door.print(`${what}: ${printable(line).replaceAll('\\u000a', '\n')}`);
  }
  return EXIT.passed;
}

async function engineOf({ machine }: Workbench): Promise<string> {
  const search = await findEngine(machine.env, machine);
  if ('failure' in search) throw search.failure;
  return `${search.engine.version} for ${search.engine.os}/${search.engine.architecture}`;
}
