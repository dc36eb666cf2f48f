import { RELEASE } from '../container/sources/debian/suites.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { type Lock, type LockParts, sealLock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { ASSEMBLER, whyNotAssembled } from '../nouns/tool.ts';
import { readLock, writeLock } from '../project/lock-file.ts';
import { type Project, readProject, type Selection } from '../project/read-project.ts';
import { sourceDate } from './assemble-index.ts';
import { assemblyOf, emptyAssembly } from './assembly-of.ts';
import { assertBaseFits } from './assert-base-fits.ts';
import { type Demand, demandOf } from './demand.ts';
import { type FitProject, fitProject, type UnfitProject } from './fit-project.ts';
import { lockLayers, type PackedThing, packLayers, thingOf } from './pack-layers.ts';
import { readServerBundle } from './server-bundle.ts';
import { settleBase } from './settle-base.ts';
import { resolveLock, settleNode } from './settle-lock.ts';
import type { Workbench } from './workbench.ts';

export const THINGS = ['base', 'node', 'onnxruntime', 'model', 'all'] as const;
export type Thing = (typeof THINGS)[number];

export type UpdatedLock = UnfitProject | { readonly verdict: 'pass'; readonly before: Lock; readonly lock: Lock };

/**
 * Moves one thing of a lock, or all of it, to what is newest and to what the configuration says, and writes it; what was not
 * named stays, also where it has drifted. Throws `lock/missing` where there is no lock to move.
 */
export async function updateLock(selection: string | Selection, thing: Thing, bench: Workbench): Promise<UpdatedLock> {
  const project = await readProject(selection, bench.machine.workingFolder);
  const before = await readLock(project.lockPath);
  if (!before) throw missing(project);
  if (thing !== 'all' && before.assembler !== ASSEMBLER) throw otherAssembler(before, project);
  const update = thing === 'base' || thing === 'node' ? updatePackages : updateModel;
  const updated = await update({ selection, thing, project, before }, bench);
  if (updated.verdict !== 'pass') return updated;
  bench.signal?.throwIfAborted();
  await writeLock(project.lockPath, updated.lock);
  return updated;
}

interface Update {
  readonly selection: string | Selection;
  readonly thing: Thing;
  readonly project: Project;
  readonly before: Lock;
}

/** Packages of one layer, which have nothing to do with the model. */
async function updatePackages({ thing, project, before }: Update, bench: Workbench): Promise<UpdatedLock> {
  const only: readonly PackedThing[] = thing === 'base' ? ['base'] : ['node'];
  const parts = { ...before, ...(await newPackages({ thing, project, before }, bench)) };
  const { time } = before.layers;
  const assembly = emptyAssembly({ project, parts, time }, bench);
  try {
    const packed = await packLayers(assembly, platformsOf(before), bench, { only });
    await assertBaseFits(assembly, platformsOf(before), bench);
    const layers = withChanged(before, lockLayers(packed, time));
    return { verdict: 'pass', before, lock: sealLock({ ...parts, layers }) };
  } finally {
    await assembly.images.close();
  }
}

async function newPackages(
  { thing, project, before }: Pick<Update, 'thing' | 'project' | 'before'>,
  bench: Workbench,
): Promise<Partial<LockParts>> {
  const platforms = platformsOf(before);
  if (thing === 'base') {
    const { base } = project.config;
    const { locales } = before.base;
    const demand = { base, suite: RELEASE, locales, platforms, encoder: before.encoder };
    return { base: await settleBase({ project, demand, lock: undefined }, bench) };
  }
  const demand = { node: project.config.runtime.node, platforms };
  return { node: await settleNode({ demand, lock: undefined }, bench) };
}

/** The model, what its prepared form comes from, or everything. */
async function updateModel({ selection, thing, project, before }: Update, bench: Workbench): Promise<UpdatedLock> {
  const fit = await fitProject(selection, bench, { keepRuntime: thing === 'model' });
  if (fit.verdict !== 'pass') return fit;
  const server = await readServerBundle();
  const demand = demandOf(fit, server);
  const all = thing === 'all';
  const parts = all
    ? await resolveLock({ ...fit, demand, lock: undefined }, bench)
    : { ...before, ...modelParts(fit, demand) };
  const time = all ? sourceDate(bench.machine.env) : before.layers.time;
  const assembly = assemblyOf({ fit, parts, server, time, locked: undefined, near: [] }, bench);
  const only: readonly PackedThing[] = thing === 'onnxruntime' ? ['onnxruntime', 'model'] : ['model'];
  const platforms = all ? project.config.platforms : platformsOf(before);
  try {
    const packed = await packLayers(assembly, platforms, bench, all ? {} : { only });
    await assertBaseFits(assembly, platforms, bench);
    const made = lockLayers(packed, time);
    return { verdict: 'pass', before, lock: sealLock({ ...parts, layers: all ? made : withChanged(before, made) }) };
  } finally {
    await assembly.images.close();
  }
}

function modelParts({ runtime }: FitProject, { config, model, prepared, plan }: Demand): Partial<LockParts> {
  // Where the runtime was to stay, these are the packages that were locked.
  const onnxruntime = { version: runtime.version, packages: [...runtime.packages] };
  return { config, model, prepared, plan, onnxruntime };
}

function platformsOf({ layers }: Lock): readonly Platform[] {
  return Object.keys(layers.platforms) as Platform[];
}

function withChanged({ layers }: Lock, made: Lock['layers']): Lock['layers'] {
  const platforms = Object.entries(layers.platforms).map(([platform, locked]) => {
    const changed = made.platforms[platform as Platform] ?? [];
    const moved = new Set(changed.map(({ name }) => thingOf(name)));
    // Another base may have another number of layers, below all that stay.
    const base = changed.filter(({ name }) => thingOf(name) === 'base');
    const kept = locked.filter(({ name }) => !(moved.has('base') && thingOf(name) === 'base'));
    return [platform, [...base, ...kept.map((layer) => changed.find(({ name }) => name === layer.name) ?? layer)]];
  });
  return { time: layers.time, platforms: Object.fromEntries(platforms) };
}

function missing({ lockPath }: Project): Failure {
  return new Failure(`${lockPath} does not exist; there is nothing to update`, {
    code: 'lock/missing',
    exit: EXIT.usage,
    mend: 'Run plimsoll lock without --update to write it.',
  });
}

function otherAssembler({ assembler }: Lock, { lockPath }: Project): Failure {
  return new Failure(`${lockPath} ${whyNotAssembled(assembler)}: every layer would move`, {
    code: 'lock/assembler',
    exit: EXIT.usage,
    mend: 'Run plimsoll lock --update all, or use the release that wrote it; the changelog says which.',
  });
}
