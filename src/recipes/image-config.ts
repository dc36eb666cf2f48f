import type { MemoryTable } from '../../schemas/plan.ts';
import { type ImageConfig, timeOf } from '../container/image/compose.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { type Digest, hexOf } from '../nouns/digest.ts';
import { isImagePlace } from '../nouns/image-place.ts';
import type { BaseImage, ImageBase, Lock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { RUNTIME_ENVIRONMENT } from '../validate/runtime/session-options.ts';

/** The user of every image: no name on the host has it, and Kubernetes accepts it as non-root. */
export const IMAGE_USER = '65532:65532';

const NODE = '/usr/local/bin/node';
const SERVER = '/app/server.mjs';

/** Labels of an image; those of its index are the same less the lock. */
export interface LabelFacts {
  readonly name: string;
  /** The release that wrote the lock: another one of the same assembler makes the same image of it. */
  readonly toolVersion: string;
  readonly modelDigest: Digest;
  readonly lockDigest: Digest;
  readonly form: 'prepared' | 'original';
  readonly memoryBytes: number | null;
  /** The memory plan, where one could be made. */
  readonly memory: Pick<MemoryTable, 'recommendedLimitBytes' | 'mappedBytes' | 'createPeakBytes'> | null;
  /** Seconds since 1970. */
  readonly created: number;
}

/** Under which an image carries its own lock: read without pulling a layer, and in no layer, so that it moves none. */
export const LOCK_LABEL = 'plimsoll.lock';

/** How a container of the image starts, and what it is labelled with. */
export function imageConfig(
  facts: LabelFacts,
  {
    more,
    base,
    platform,
  }: { readonly more: Readonly<Record<string, string>>; readonly base: Lock['base']; readonly platform: Platform },
): ImageConfig {
  const image = base.distribution === 'image' ? base.platforms[platform] : undefined;
  const below = base.distribution === 'image' && image ? { ...image.labels, ...baseLabels(base, image) } : {};
  return { ...startConfig(image), labels: { ...below, ...labelsOf(facts), ...more } };
}

/** Of an image that is built upon, what OCI's own annotations say of it. */
function baseLabels({ name }: ImageBase, { manifest }: BaseImage): Readonly<Record<string, string>> {
  return {
    ...(isImagePlace(name) ? {} : { 'org.opencontainers.image.base.name': name.replace(/@.*$/, '') }),
    ...(manifest && { 'org.opencontainers.image.base.digest': manifest }),
  };
}

/** Where a base made of packages has what others say in their environment. */
const OWN_ENVIRONMENT = { PATH: '/usr/local/bin', SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' };

/** How a container of the image starts, on a base of its own or on somebody else's. */
export function startConfig(base?: BaseImage): Omit<ImageConfig, 'labels'> {
  return {
    user: IMAGE_USER,
    environment: {
      ...(base ? { PATH: OWN_ENVIRONMENT.PATH, ...base.environment } : OWN_ENVIRONMENT),
      LANG: 'C.UTF-8',
      ...RUNTIME_ENVIRONMENT,
    },
    entrypoint: [NODE, SERVER],
    workingDirectory: '/app',
    ports: [8080, 8081],
    stopSignal: 'SIGTERM',
    healthCheck: {
      command: [NODE, SERVER, '--health'],
      intervalSeconds: 30,
      timeoutSeconds: 5,
      startPeriodSeconds: 60,
      retries: 3,
    },
  };
}

export function lockLabel(lock: Lock): Readonly<Record<string, string>> {
  return { [LOCK_LABEL]: canonicalJson(lock) };
}

/** Labels of the image, which are the index's annotations too. */
export function labelsOf(facts: LabelFacts): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.title': facts.name,
    'org.opencontainers.image.description': `The ONNX model ${facts.name} behind the Open Inference Protocol`,
    'org.opencontainers.image.version': hexOf(facts.modelDigest).slice(0, 12),
    'org.opencontainers.image.created': timeOf(facts.created),
    'plimsoll.version': facts.toolVersion,
    'plimsoll.lock.digest': facts.lockDigest,
    'plimsoll.model.digest': facts.modelDigest,
    'plimsoll.model.form': facts.form,
    ...(facts.memoryBytes === null ? {} : { 'plimsoll.memory.limit': `${facts.memoryBytes}` }),
    ...memoryLabels(facts.memory),
  };
}

/** In bytes, as planned and not as measured: what is measured depends on a machine's mood. */
function memoryLabels(memory: LabelFacts['memory']): Readonly<Record<string, string>> {
  if (memory === null) return {};
  return {
    'plimsoll.memory.recommended': `${memory.recommendedLimitBytes}`,
    'plimsoll.memory.load': `${memory.createPeakBytes}`,
    'plimsoll.memory.mapped': `${memory.mappedBytes}`,
  };
}
