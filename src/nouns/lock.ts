import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { type Digest, digestOf, isDigest } from './digest.ts';
import { ALL_PLATFORMS, type Platform } from './platform.ts';

/**
 * `plimsoll.lock`: every byte that will be in the image, by digest. It names no host, but where the configuration names a base by one: where bytes are fetched from is the
 * machine's business (its mirrors, its npm registry), what they are is the lock's.
 */
export const LOCK_SCHEMA = 'plimsoll.lock/1';

const DigestText = z.custom<Digest>(
  (value) => typeof value === 'string' && isDigest(value),
  'wanted sha256: and 64 hexadecimal digits',
);
const PlatformName = z.enum(ALL_PLATFORMS as [Platform, ...Platform[]]);
const ByteCount = z.number().int().nonnegative();

const LockedFile = z.strictObject({ path: z.string(), bytes: ByteCount, digest: DigestText });

/** A Debian package: `path` is its place in the archive's pool. */
const LockedDebianPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  /** Which of the suite's archives has it. */
  archive: z.enum(['main', 'updates', 'security']),
  path: z.string(),
  bytes: ByteCount,
  digest: DigestText,
});

/** An npm tarball; `integrity` is the registry's own (SHA-512), `digest` ours. */
export const LockedNpmPackage = z.strictObject({
  name: z.string(),
  version: z.string(),
  integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]+={0,2}$/, 'wanted an SHA-512 integrity'),
  bytes: ByteCount,
  digest: DigestText,
});

/** A layer as it is stored and pushed, and by `diffId` what its tar is: with either it can be had from any image that has it. */
const LockedLayer = z.strictObject({
  name: z.string(),
  mediaType: z.string(),
  bytes: ByteCount,
  digest: DigestText,
  diffId: DigestText,
});

const DebianBase = z.strictObject({
  distribution: z.literal('debian'),
  suite: z.string(),
  /** Names of locales taken into the image beside C.UTF-8. */
  locales: z.array(z.string()),
  packages: z.partialRecord(PlatformName, z.array(LockedDebianPackage)),
});

/** What the package database of a base names. */
const BasePackage = z.strictObject({ name: z.string(), version: z.string(), architecture: z.string() });

/** One platform of an image that is built upon: what it is, and what of it reaches the image. */
const BaseImage = z.strictObject({
  /** Of its manifest; nothing where an engine keeps none. */
  manifest: DigestText.nullable(),
  /** Of its configuration. */
  config: DigestText,
  /** From the bottom up, as they are stored. */
  layers: z.array(LockedLayer.omit({ name: true })),
  environment: z.record(z.string(), z.string()),
  labels: z.record(z.string(), z.string()),
  /** By its `os-release`. */
  release: z.strictObject({ id: z.string(), version: z.string(), codename: z.string() }).nullable(),
  packages: z.array(BasePackage),
});

/** An image that somebody else made, layers and all. */
const ImageBase = z.strictObject({
  distribution: z.literal('image'),
  /** As the configuration names it. */
  name: z.string(),
  /** Of the index, or the manifest, that the name led to; nothing where an engine keeps none. */
  digest: DigestText.nullable(),
  /** Names of locales that the model needs of it. */
  locales: z.array(z.string()),
  platforms: z.partialRecord(PlatformName, BaseImage),
});

export const Lock = z.strictObject({
  schema: z.literal(LOCK_SCHEMA),
  /** The version of the code that turns this lock into bytes: the same version and lock give the same image. */
  assembler: z.number().int().positive(),
  /** Which encoder made the compressed layers. */
  encoder: z.string(),
  /** Digest of the settings that reach the image. */
  config: DigestText,
  model: z.strictObject({
    path: z.string(),
    bytes: ByteCount,
    digest: DigestText,
    externalData: z.array(LockedFile),
  }),
  prepared: z.strictObject({
    /** `prepared`, or `original` where the model ships as it is. */
    form: z.enum(['prepared', 'original']),
    level: z.string(),
    /** On which processors preparing gives these bytes. */
    processor: z.enum(['any', 'x64', 'arm64']),
    files: z.array(LockedFile),
  }),
  /** How the server loads the model: what `auto` came to. */
  profile: z.enum(['lean', 'fast']),
  base: z.discriminatedUnion('distribution', [DebianBase, ImageBase]),
  node: z.strictObject({
    version: z.string(),
    /** The one change that is made to a program on its way into the image: what only debuggers read is left out. */
    symbols: z.literal('removed'),
    packages: z.partialRecord(PlatformName, LockedNpmPackage),
  }),
  onnxruntime: z.strictObject({ version: z.string(), packages: z.array(LockedNpmPackage) }),
  server: z.strictObject({ version: z.string(), bytes: ByteCount, digest: DigestText }),
  /** What the packager tells the server, `plan.json`. */
  plan: z.strictObject({ bytes: ByteCount, digest: DigestText }),
  /** What all of this comes to, from the bottom up. */
  layers: z.strictObject({
    /** Seconds since 1970: the time of every file of these layers. */
    time: ByteCount,
    platforms: z.partialRecord(PlatformName, z.array(LockedLayer)),
  }),
  /** Digest of everything above in canonical form: tells a lock that was edited or badly merged from one that was written. */
  seal: DigestText,
});

export type Lock = z.infer<typeof Lock>;
export type UnsealedLock = Omit<Lock, 'seal'>;
/** What a lock says of where the bytes come from, before they were made into layers. */
export type LockParts = Omit<UnsealedLock, 'layers'>;
export type LockedLayers = Lock['layers'];
export type LockedLayer = z.infer<typeof LockedLayer>;
export type LockedFile = z.infer<typeof LockedFile>;
export type LockedDebianPackage = z.infer<typeof LockedDebianPackage>;
export type DebianBase = z.infer<typeof DebianBase>;
export type ImageBase = z.infer<typeof ImageBase>;
export type BaseImage = z.infer<typeof BaseImage>;
export type BasePackage = z.infer<typeof BasePackage>;
export type LockedNpmPackage = z.infer<typeof LockedNpmPackage>;

/** The platforms that a lock's base is settled for. */
export function basePlatforms(base: Lock['base']): readonly Platform[] {
  return Object.keys(base.distribution === 'debian' ? base.packages : base.platforms) as Platform[];
}

/** What the configuration calls such a base. */
export function baseName(base: Lock['base']): string {
  return base.distribution === 'debian' ? 'debian' : base.name;
}

export function sealLock(lock: UnsealedLock): Lock {
  const { seal: _, ...content } = lock as Lock;
  return { ...content, seal: digestOf(canonicalJson(content)) };
}

/** A lock's text: canonical, one thing a line, so that a review shows what moved. */
export function renderLock(lock: Lock): string {
  return canonicalJson(lock, { indent: true });
}
