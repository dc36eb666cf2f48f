import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { packageModel } from '../src/commands/package.ts';
import { thisMachine } from '../src/commands/this-machine.ts';
import { findEngine } from '../src/container/engine/find-engine.ts';
import { SILENT } from '../src/nouns/progress.ts';
import type { ImageVerdict } from '../src/nouns/verdict.ts';
import { readProject } from '../src/project/read-project.ts';
import { openImage } from '../src/recipes/open-image.ts';
import { verifyImage } from '../src/recipes/verify/verify-image.ts';
import { openWorkbench } from '../src/recipes/workbench.ts';
import { argument } from './figures.ts';
import type { Fault } from './verify/faults/fault.ts';
import { FURTHER } from './verify/faults/further.ts';
import { FAULTS } from './verify/faults.ts';
import { SOUND, writeProject } from './verify/projects.ts';
import { tamper } from './verify/tamper.ts';

/**
 * verify-faults [--reduced] [--further] [--only TEXT]: images with seeded faults, ten of each owner, and sound ones. Every fault has to be seen and be given to its owner, and
 * no sound image may be called anything but sound. `--reduced` takes two of each owner and two sound images; `--further` those
 * that no check was written for; `--only` the faults whose names have that text, and no sound image. A fault that takes an emulator in the engine
 * is counted as untried where there is none.
 */
const isReduced = argv.includes('--reduced');
const bench = await openWorkbench({ machine: thisMachine(), progress: SILENT });
const work = await mkdtemp(join(tmpdir(), 'plimsoll-faults-'));
const hasEngine = 'engine' in (await findEngine(bench.machine.env, bench.machine));
const failures: string[] = [];
let untried = 0;
try {
  const only = argument('only');
  const all = argv.includes('--further') ? FURTHER : FAULTS;
  const faults = all.filter(
    ({ isTaken, name }) => (!isReduced || isTaken === true) && (only === undefined || name.includes(only)),
  );
  console.log('| fault | owner wanted | owner found | cause | what | shown by |\n|---|---|---|---|---|---|');
  for (const [at, fault] of faults.entries()) await tryFault(fault, at);
  const sound = only !== undefined || all === FURTHER ? [] : isReduced ? SOUND.slice(0, 2) : SOUND;
  for (const [at, name] of sound.entries()) await trySound(name, at);
  console.log(`${faults.length} faults and ${sound.length} sound images; ${failures.length} wrong, ${untried} untried`);
  for (const line of failures) console.log(line);
} finally {
  await bench.close();
  await rm(work, { recursive: true, force: true });
}
exit(failures.length === 0 ? 0 : 1);

async function tryFault(fault: Fault, at: number): Promise<void> {
  const folder = join(work, `fault-${at}`);
  await writeProject(folder, fault.project);
  const layout = await imageOf(folder, fault.isBuiltFirst === true ? fault.project.before : undefined);
  if (fault.tamper) await tamper(layout, fault.tamper);
  const released = fault.released === undefined ? undefined : await releasedVerdict(folder, fault);
  const verdict = await verify({
    folder,
    layout,
    memoryBytes: fault.memoryBytes,
    released,
    inContainer: hasEngine && fault.inContainer === true,
  });
  if (fault.isEmulated && verdict.checks.some(({ name, outcome }) => name === 'processors' && outcome === 'skipped')) {
    untried += 1;
    return console.log(`| ${fault.name} | ${fault.owner} | untried: no emulator | | | |`);
  }
  const owners = new Set(verdict.failures.map(({ owner }) => owner));
  const [first] = verdict.failures;
  console.log(
    `| ${fault.name} | ${fault.owner} | ${[...owners].join(', ') || 'none'} | ${first?.cause ?? ''} | ${first?.what ?? ''} | ${shownBy(first)} |`,
  );
  if (owners.size !== 1 || !owners.has(fault.owner)) {
    failures.push(
      `${fault.name}: wanted ${fault.owner}, found ${verdict.failures.map(({ owner, what, message }) => `${owner} ${what} ${message}`).join('; ') || 'nothing'}`,
    );
  }
  await rm(folder, { recursive: true, force: true });
}

function shownBy(failure: ImageVerdict['failures'][number] | undefined): string {
  const { rows, requests } = failure?.smallest ?? { rows: null, requests: 0 };
  return requests === 0
    ? 'its start'
    : `${rows ?? 'a request'}${rows === null ? '' : ` row${rows === 1 ? '' : 's'}`}${requests > 1 ? ` × ${requests}` : ''}`;
}

async function trySound(name: string, at: number): Promise<void> {
  const folder = join(work, `sound-${at}`);
  await writeProject(folder, {
    kind: name.startsWith('regression') ? 'regression' : 'classes',
    seed: 100 + at,
    ...(at % 3 === 0 && { table: 'npz' }),
  });
  const layout = await imageOf(folder, undefined);
  const verdict = await verify({
    folder,
    layout,
    memoryBytes: undefined,
    released: undefined,
    inContainer: hasEngine && at % 4 === 0,
  });
  console.log(`| ${name} ${at}, ${verdict.place.kind} | sound | ${verdict.verdict} | | | |`);
  if (verdict.verdict !== 'pass')
    failures.push(`${name} ${at}: ${verdict.failures.map(({ owner, message }) => `${owner} ${message}`).join('; ')}`);
  await rm(folder, { recursive: true, force: true });
}

/** The layout of a project’s image; of what it was before, where its files have moved on since. */
async function imageOf(folder: string, before: Fault['project'] | undefined): Promise<string> {
  const from = before === undefined ? folder : `${folder}-before`;
  if (before) await writeProject(from, before);
  const path = join(folder, 'image');
  const packaged = await packageModel(from, { sinks: [{ kind: 'oci', path }], probe: 'never' }, bench);
  if (packaged.verdict !== 'pass')
    throw new Error(`${folder} cannot be packaged: ${JSON.stringify(packaged.findings)}`);
  if (before) await rm(from, { recursive: true, force: true });
  return path;
}

async function releasedVerdict(folder: string, { released }: Fault): Promise<ImageVerdict> {
  const place = `${folder}-released`;
  await writeProject(place, released as Fault['project']);
  // The very same rows: a comparison is of models, not of data.
  for (const name of await readdir(folder))
    if (name.startsWith('rows.')) await cp(join(folder, name), join(place, name));
  const verdict = await verify({
    folder: place,
    layout: await imageOf(place, undefined),
    memoryBytes: undefined,
    released: undefined,
    inContainer: false,
  });
  await rm(place, { recursive: true, force: true });
  return verdict;
}

interface Verifying {
  readonly folder: string;
  readonly layout: string;
  readonly memoryBytes: number | undefined;
  readonly released: ImageVerdict | undefined;
  readonly inContainer: boolean;
}

async function verify({ folder, layout, memoryBytes, released, inContainer }: Verifying): Promise<ImageVerdict> {
  const selection = { path: folder, ...(memoryBytes !== undefined && { memoryBytes }) };
  const { config, casesPath, modelPath } = await readProject(selection, folder);
  const index = await openImage(`oci:${layout}`, folder, bench);
  try {
    const engine = inContainer ? 'docker' : 'none';
    return await verifyImage(
      index,
      { config, folder, casesPath, modelPath, engine, released, failuresFolder: join(folder, 'failures') },
      bench,
    );
  } finally {
    await index.close();
  }
}
