import type { Plan } from '../../schemas/plan.ts';
import { ENCODERS } from '../container/image/encoders.ts';
import { RELEASE } from '../container/sources/debian/suites.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';
import { baseName, basePlatforms, type Lock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { ASSEMBLER, TOOL } from '../nouns/tool.ts';
import { localesOf } from '../validate/operators/locales.ts';
import type { ShippedProject } from './fit-project.ts';
import { renderPlan } from './make-plan.ts';
import type { ServerBundle } from './server-bundle.ts';

/** What the image is to be made of, before anything is resolved: the lock's content less where versions come from. */
export interface Demand {
  readonly assembler: number;
  readonly encoder: string;
  readonly config: Digest;
  readonly model: Lock['model'];
  readonly prepared: Lock['prepared'];
  readonly profile: Lock['profile'];
  /** As the configuration names it. */
  readonly base: string;
  readonly suite: string;
  readonly locales: readonly string[];
  readonly platforms: readonly Platform[];
  readonly node: string;
  readonly onnxruntime: string;
  readonly server: Lock['server'];
  readonly plan: Lock['plan'];
}

/** What the image of a project is to be made of, now that its model was checked and assayed. */
export function demandOf({ project, checked, files, assayed, plan }: ShippedProject, server: ServerBundle): Demand {
  return {
    assembler: ASSEMBLER,
    encoder: ENCODERS[project.config.compression].name,
    config: configDigest(plan),
    model: files,
    prepared: {
      form: assayed.form,
      level: assayed.level,
      processor: assayed.processor,
      files: [...assayed.files],
    },
    profile: plan.profile,
    base: project.config.base,
    suite: RELEASE,
    locales: localesOf(checked.model),
    platforms: project.config.platforms,
    node: project.config.runtime.node,
    onnxruntime: project.config.runtime.onnxruntime,
    server: { version: TOOL.version, bytes: server.bytes.byteLength, digest: digestOf(server.bytes) },
    plan: planFacts(plan),
  };
}

function planFacts(plan: Plan): Lock['plan'] {
  const text = renderPlan(plan);
  return { bytes: Buffer.byteLength(text), digest: digestOf(text) };
}

/** Digest of the settings that reach the image: all of the plan that is not the model's own. */
function configDigest({ model: _, version: __, ...settings }: Plan): Digest {
  return digestOf(canonicalJson(settings as Json));
}

/** One thing that a lock says otherwise than is demanded. */
export interface Moved {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

/** What moved between a lock and a demand, in the order in which a reader wants it; empty where the lock still holds. */
export function movedBetween(lock: Lock, demand: Demand): readonly Moved[] {
  const settled = new Set(basePlatforms(lock.base));
  const missing = demand.platforms.filter((platform) => !settled.has(platform) || !lock.node.packages[platform]);
  const suite = lock.base.distribution === 'debian' ? lock.base.suite : demand.suite;
  const rows: readonly Moved[] = [
    { what: 'assembler', from: `${lock.assembler}`, to: `${demand.assembler}` },
    { what: 'encoder', from: lock.encoder, to: demand.encoder },
    { what: 'model', from: filesOf(lock.model), to: filesOf(demand.model) },
    { what: 'prepared model', from: preparedOf(lock.prepared), to: preparedOf(demand.prepared) },
    { what: 'profile', from: lock.profile, to: demand.profile },
    { what: 'settings', from: lock.config, to: demand.config },
    { what: 'plan', from: lock.plan.digest, to: demand.plan.digest },
    { what: 'onnxruntime', from: lock.onnxruntime.version, to: demand.onnxruntime },
    { what: 'node', from: lock.node.version, to: demand.node },
    { what: 'server', from: lock.server.digest, to: demand.server.digest },
    { what: 'base', from: baseName(lock.base), to: demand.base },
    { what: 'suite', from: suite, to: demand.suite },
    { what: 'locales', from: lock.base.locales.join(' '), to: demand.locales.join(' ') },
    { what: 'platforms', from: '', to: missing.join(' ') },
  ];
  return rows.filter((row) => row.from !== row.to);
}

export function renderMoved({ what, from, to }: Moved): string {
  return `${what}: ${from || 'none'} → ${to || 'none'}`;
}

function filesOf(model: Lock['model']): string {
  return [{ path: model.path, bytes: model.bytes, digest: model.digest }, ...model.externalData]
    .map(({ bytes, digest }) => `${digest} (${bytes} bytes)`)
    .join(' + ');
}

function preparedOf(prepared: Lock['prepared']): string {
  const only = prepared.processor === 'any' ? '' : ` on ${prepared.processor}`;
  return `${prepared.form} ${prepared.level}${only} ${prepared.files.map((file) => file.digest).join(' ')}`;
}
