import { resolveNode } from '../container/sources/npm.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { LOCK_SCHEMA, type Lock, type LockParts } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { whyNotAssembled } from '../nouns/tool.ts';
import type { Project } from '../project/read-project.ts';
import { type Demand, movedBetween, renderMoved } from './demand.ts';
import { settleBase } from './settle-base.ts';
import type { HostRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

export interface LockQuestion {
  readonly project: Project;
  readonly demand: Demand;
  readonly runtime: HostRuntime;
  readonly lock: Lock | undefined;
  /** Refuse to move instead of resolving. */
  readonly frozen: boolean;
}

/** What is locked now, before its layers are made. */
export interface SettledParts {
  readonly parts: LockParts;
  /** A line for each thing that moved; nothing where the lock that is there holds. */
  readonly moved: readonly string[] | undefined;
}

/**
 * What the image is made of, by the lock where it still holds, else with only that moved which had to.
 * @throws Failure `lock/drift` with a line for each thing that moved, when frozen; `lock/missing` when frozen without one.
 */
export async function settleLock(question: LockQuestion, bench: Workbench): Promise<SettledParts> {
  const { project, demand, lock, frozen } = question;
  if (!lock) {
    if (frozen) throw missing(project);
    return { parts: await resolveLock(question, bench), moved: [] };
  }
  const moved = movedBetween(lock, demand).map(renderMoved);
  if (moved.length === 0) return { parts: lock, moved: undefined };
  if (frozen && lock.assembler !== demand.assembler) throw otherAssembler(project, lock.assembler);
  if (frozen) throw drifted(project, moved);
  return { parts: await resolveLock(question, bench), moved };
}

/** Everything that a lock names, by an older one where that still serves. */
export async function resolveLock(
  { project, demand, runtime, lock }: Omit<LockQuestion, 'frozen'>,
  bench: Workbench,
): Promise<LockParts> {
  return {
    schema: LOCK_SCHEMA,
    assembler: demand.assembler,
    encoder: demand.encoder,
    config: demand.config,
    model: demand.model,
    prepared: demand.prepared,
    profile: demand.profile,
    base: await settleBase({ project, demand, lock }, bench),
    node: await settleNode({ demand, lock }, bench),
    onnxruntime: { version: runtime.version, packages: [...runtime.packages] },
    server: demand.server,
    plan: demand.plan,
  };
}

/** The packages of Node: those that are locked where they are of the wanted version. */
export async function settleNode(
  {
    demand,
    lock,
  }: { readonly demand: Pick<Demand, 'node' | 'platforms'>; readonly lock: Pick<Lock, 'node'> | undefined },
  bench: Workbench,
): Promise<Lock['node']> {
  const kept = lock?.node.version === demand.node ? lock.node.packages : {};
  const missing: readonly Platform[] = demand.platforms.filter((platform) => kept[platform] === undefined);
  const found = await resolveNode({ version: demand.node, platforms: missing }, bench);
  return { version: demand.node, symbols: 'removed', packages: { ...kept, ...found } };
}

function missing({ lockPath }: Project): Failure {
  return new Failure(`${lockPath} does not exist, and --frozen forbids to write it`, {
    code: 'lock/missing',
    exit: EXIT.lockDrift,
    mend: 'Run plimsoll package without --frozen once and commit the lock.',
  });
}

function otherAssembler({ lockPath }: Project, assembler: number): Failure {
  return new Failure(`${lockPath} ${whyNotAssembled(assembler)}`, {
    code: 'lock/assembler',
    exit: EXIT.lockDrift,
    mend: 'Build by it with the release that wrote it, or run plimsoll lock --update all, review what moves, and commit it.',
  });
}

export function drifted({ lockPath }: Project, moved: readonly string[]): Failure {
  return new Failure([`${lockPath} does not hold any more:`, ...moved.map((line) => `  ${line}`)].join('\n'), {
    code: 'lock/drift',
    exit: EXIT.lockDrift,
    mend: 'If that was meant, run plimsoll package --no-frozen and commit the lock; if not, undo the change.',
  });
}
