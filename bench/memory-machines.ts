import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../schemas/plan.ts';
import { thisMachine } from '../src/commands/this-machine.ts';
import { largePagesBytes } from '../src/container/cgroup/large-pages.ts';
import { SILENT } from '../src/nouns/progress.ts';
import { type FitProject, fitProject } from '../src/recipes/fit-project.ts';
import { layOutServer } from '../src/recipes/local-server.ts';
import { preparedOf } from '../src/recipes/prepared-project.ts';
import { hostNode } from '../src/recipes/probe/host-node.ts';
import { type ProbeSize, probeBody } from '../src/recipes/probe/probe-bodies.ts';
import { readServerBundle } from '../src/recipes/server-bundle.ts';
import { planOptions } from '../src/recipes/settle-profile.ts';
import { openWorkbench, type Workbench } from '../src/recipes/workbench.ts';
import { planMemory } from '../src/validate/memory/plan-memory.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { argument } from './figures.ts';
import type { Sizes } from './memory-truth.ts';

/**
 * Holds the memory plan against the packaged server in virtual machines, whatever their kernel, version of cgroups, large pages and
 * processors: lays servers and requests out, starts .ci/machine/boot with bench/memory-machine.sh in it, and reads what that has told.
 *
 *     tsx bench/memory-machines.ts --zoo FOLDER --only NAME:SHAPE,... --work FOLDER --kernel IMAGE [--machine 'groups=v2 pages=always']
 *       [--profile lean,fast] [--disk kept]
 *
 * CPU, PROCESSORS, MEBIBYTES and PATIENCE in the environment go to .ci/machine/boot. A SHAPE is a place in the model's list of them.
 * Kernels come from .ci/machine/fetch-kernel. That of Debian's user-mode-linux runs on this machine's processor, and so at its speed.
 */
const zoo = argument('zoo') ?? '';
const names = argument('only')?.split(',') ?? [];
const work = argument('work') ?? '';
const profiles = (argument('profile')?.split(',') ?? ['lean', 'fast']) as Profile[];

/** Three at the bounds, one at the least, one more at the bounds; a warm-up came before. */
const REQUESTS = 5;

/** As bench/memory-machine.sh tells them. */
const COUNTERS = ['peak', 'anon', 'large', 'kernel', 'tables', 'stacks', 'file', 'threads', 'workers'] as const;

interface Job {
  readonly name: string;
  readonly fit: FitProject;
  readonly profile: Profile;
}

const bench = await openWorkbench({ machine: thisMachine(), progress: SILENT });
try {
  const jobs: Job[] = [];
  for (const name of names) for (const profile of profiles) jobs.push(await jobOf(name, profile, bench));
  if (argument('disk') !== 'kept') await makeDisk(jobs, bench);
  tell(jobs, boot(jobs));
} finally {
  await bench.close();
}

async function jobOf(named: string, profile: Profile, bench: Workbench): Promise<Job> {
  const [name = '', place = '0'] = named.split(':');
  const shapes = JSON.parse(readFileSync(join(zoo, `${name}.json`), 'utf8')) as readonly Sizes[];
  const fit = await fitProject(
    { path: join(zoo, `${name}.onnx`), bounds: shapes.at(Number(place)) ?? {}, profile },
    bench,
  );
  if (fit.verdict !== 'pass') throw new Error(`${named}: ${fit.findings.map(({ message }) => message).join('; ')}`);
  return { name: `${name}-${place}-${profile}`, fit, profile };
}

async function makeDisk(jobs: readonly Job[], bench: Workbench): Promise<void> {
  const folder = join(work, 'jobs');
  rmSync(folder, { recursive: true, force: true });
  for (const { name, fit } of jobs) {
    const place = join(folder, name);
    mkdirSync(place, { recursive: true });
    await layOutServer(place, { fit, server: await readServerBundle() }, bench);
    rmSync(join(place, 'node_modules'));
    symlinkSync('/runtime/node_modules', join(place, 'node_modules'));
    for (const size of ['largest', 'one-row'] as const) writeFileSync(join(place, size), requestOf(fit.plan, size));
    writeFileSync(join(place, 'limit'), String(fit.planned.memory?.recommendedLimitBytes));
    writeFileSync(join(place, 'unreclaimable'), String(fit.planned.memory?.unreclaimableBytes));
  }
  const [first] = jobs;
  if (first === undefined) throw new Error('no model is named');
  cpSync(first.fit.runtime.folder, join(work, 'runtime'), { recursive: true });
  const node = await hostNode(first.fit, bench);
  execFileSync('.ci/machine/make-disk', [join(work, 'disk'), `${folder}=jobs`, `${join(work, 'runtime')}=runtime`], {
    env: { ...process.env, NODE: node },
    stdio: 'inherit',
  });
}

/** A request from its first line on, as it goes over the wire. */
function requestOf(plan: Plan, size: ProbeSize): Uint8Array {
  const body = probeBody(plan, { size, integers: 'ones' });
  if (body === null) throw new Error(`${plan.name}: no request is short enough`);
  const headers = { ...body.headers, host: 'localhost', connection: 'close', 'content-length': body.bytes.length };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /v2/models/${plan.name}/infer HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body.bytes]);
}

function boot(jobs: readonly Job[]): string {
  const script = new URL('memory-machine.sh', import.meta.url).pathname;
  const parameters = [`jobs=${jobs.map(({ name }) => name).join(',')}`, ...(argument('machine')?.split(' ') ?? [])];
  const { stdout, status } = spawnSync(
    '.ci/machine/boot',
    [argument('kernel') ?? '', join(work, 'disk'), script, ...parameters],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (status !== 0)
    console.error(`the machine ended before all was measured (${status}); PATIENCE says how long it may take`);
  return stdout;
}

function tell(jobs: readonly Job[], said: string): void {
  const lines = said.split('\n').map((line) => line.trim());
  const isOver = jobs.map((job) => tellJob(job, lines));
  for (const line of lines) if (/not answered|not ready|^starved/.test(line)) console.log(line);
  console.log(
    `${isOver.filter(Boolean).length} of ${isOver.length} over what was planned, large pages included where they are given`,
  );
}

/** Whether more was measured than may be. */
function tellJob({ name, fit, profile }: Job, lines: readonly string[]): boolean {
  const [create, run, later] = ['create', 'run', 'later'].map((phase) => rowOf(lines, name, phase));
  if (!create || !run) {
    console.log(name.padEnd(24), 'nothing was measured');
    return false;
  }
  const seat = run.workers === 0 ? 'inline' : 'worker';
  const options = planOptions(fit.project.config, preparedOf(fit.assayed).model);
  const plan = planMemory({ ...options, profile, transport: 'json', seat, earlierRequests: REQUESTS });
  if (plan.state === 'unknown') return false;
  const measured = (later ?? run).peak - run.file;
  const most = plan.upperBoundBytes + (run.large > 0 ? largePagesBytes(run.workers) : 0);
  console.log(
    name.padEnd(24),
    seat.padEnd(7),
    `create ${mib(create.peak - create.file)} run ${mib(run.peak - run.file)}${later ? ` later ${mib(measured)}` : ''}`,
    `planned ${mib(plan.unreclaimableBytes)} most ${mib(most)} (${percent(most / measured - 1)})`,
    `| anon ${mib(run.anon)} large ${mib((later ?? run).large)} kernel ${mib(run.kernel)} tables ${mib(run.tables)} threads ${run.threads}`,
  );
  return measured > most;
}

type Row = Readonly<Record<(typeof COUNTERS)[number], number>>;

function rowOf(lines: readonly string[], job: string, phase: string): Row | null {
  const line = lines.find((each) => each.startsWith(`row ${job} ${phase} `));
  if (line === undefined) return null;
  const pairs = line
    .trim()
    .split(' ')
    .slice(3)
    .map((pair) => pair.split('='));
  return Object.fromEntries(pairs.map(([key = '', value]) => [key, Number(value)])) as Row;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
