import * as z from 'zod';
import type { HeldImage, HeldIndex } from '../../container/held/held-index.ts';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import type { ImageDifference, LayerChange } from '../../nouns/difference.ts';
import { Failure } from '../../nouns/failure.ts';
import type { Lock } from '../../nouns/lock.ts';
import { lockChanges } from '../../nouns/lock-change.ts';
import type { ChangedFact } from '../../nouns/model-difference.ts';
import type { ImageVerdict } from '../../nouns/verdict.ts';
import { readCarriedLock } from '../carried-lock.ts';
import { LOCK_LABEL } from '../image-config.ts';
import { diffVerdicts } from './diff-verdicts.ts';

const Manifest = z.looseObject({
  config: z.looseObject({ size: z.number() }),
  layers: z.array(z.looseObject({ size: z.number() })),
});
const Config = z.looseObject({ config: z.record(z.string(), z.unknown()).optional() });

/** What changed from one image to another, platform by platform: sizes, layers, settings, and what their locks say. */
export function diffImages(
  before: HeldIndex,
  after: HeldIndex,
  verdicts: { readonly from: ImageVerdict | undefined; readonly to: ImageVerdict | undefined },
): ImageDifference {
  const locks = { before: lockOf(before), after: lockOf(after) };
  const platforms = [...new Set([...before.images, ...after.images].map(({ platform }) => platform))].sort();
  const pairs = platforms.map((platform) => ({
    platform,
    from: before.images.find((image) => image.platform === platform),
    to: after.images.find((image) => image.platform === platform),
  }));
  const digests = { what: 'digest', from: before.document?.digest ?? null, to: after.document?.digest ?? null };
  const figures = [
    digests,
    ...pairs.map(({ platform, from, to }) => ({
      what: `image ${platform}, bytes`,
      from: from ? bytesOf(from) : null,
      to: to ? bytesOf(to) : null,
    })),
  ];
  const layers = pairs.flatMap(({ platform, from, to }) =>
    layerChanges(platform, namedLayers(from, locks.before), namedLayers(to, locks.after)),
  );
  const settings = pairs.flatMap(({ platform, from, to }) => settingChanges(platform, from, to));
  const lock = locks.before && locks.after ? lockChanges(locks.before, locks.after) : null;
  const verdict = verdicts.from && verdicts.to ? diffVerdicts(verdicts.from, verdicts.to) : null;
  const isSame = layers.every(({ same }) => same) && settings.length === 0 && digests.from === digests.to;
  return { kind: 'image', same: isSame, breaking: false, figures, layers, settings, lock, verdict };
}

/** `undefined` for an image of another maker. */
function lockOf(image: HeldIndex): Lock | undefined {
  try {
    return readCarriedLock(image).lock;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** As it is pulled; `null` where an engine has dropped the manifest. */
function bytesOf({ manifest }: HeldImage): number | null {
  const parsed = Manifest.safeParse(manifest?.json);
  if (!manifest || !parsed.success) return null;
  const { config, layers } = parsed.data;
  return layers.reduce((sum, { size }) => sum + size, manifest.bytes.byteLength + config.size);
}

interface NamedLayer {
  readonly name: string;
  readonly diffId: string;
  readonly bytes: number | null;
}

/** Layers by the names that the lock gives them, else by their place. */
function namedLayers(image: HeldImage | undefined, lock: Lock | undefined): readonly NamedLayer[] {
  if (!image) return [];
  const parsed = Manifest.safeParse(image.manifest?.json);
  const locked = Object.values(lock?.layers.platforms ?? {}).flat();
  return image.layers.map(({ diffId }, index) => ({
    name: locked.find((layer) => layer.diffId === diffId)?.name ?? `layer ${index + 1}`,
    diffId,
    bytes: parsed.success ? (parsed.data.layers[index]?.size ?? null) : null,
  }));
}

function layerChanges(
  platform: string,
  before: readonly NamedLayer[],
  after: readonly NamedLayer[],
): readonly LayerChange[] {
  const names = [...new Set([...before, ...after].map(({ name }) => name))];
  return names.map((name) => {
    const [from, to] = [before, after].map((layers) => layers.find((layer) => layer.name === name));
    return {
      platform,
      name,
      same: from?.diffId === to?.diffId,
      fromBytes: from?.bytes ?? null,
      toBytes: to?.bytes ?? null,
    };
  });
}

function settingChanges(
  platform: string,
  before: HeldImage | undefined,
  after: HeldImage | undefined,
): readonly ChangedFact[] {
  if (!before || !after) return [];
  const [old, now] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((what) => {
    const [from, to] = [old.get(what) ?? null, now.get(what) ?? null];
    return from === to ? [] : [{ what: `${what} (${platform})`, from, to }];
  });
}

/** Environment and labels one by one, the rest as it stands; what the lock says is told by itself. */
function settingsOf({ config }: HeldImage): ReadonlyMap<string, string> {
  const parsed = Config.safeParse(config.json);
  const { Env = [], Labels = {}, ...rest } = (parsed.success ? parsed.data.config : undefined) ?? {};
  const variables = (Array.isArray(Env) ? Env : []).map(String).map((line): [string, string] => {
    const end = line.indexOf('=');
    return [`variable ${line.slice(0, end)}`, line.slice(end + 1)];
  });
  const labels = Object.entries(Object(Labels))
    .filter(([name]) => name !== LOCK_LABEL)
    .map(([name, value]): [string, string] => [`label ${name}`, String(value)]);
  const others = Object.entries(rest).map(([name, value]): [string, string] => [
    name,
    canonicalJson((value ?? null) as Json),
  ]);
  return new Map([...others, ...variables, ...labels]);
}
