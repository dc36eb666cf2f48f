import type { ImageConfig } from '../container/image/compose.ts';
import { type Digest, hexOf } from '../nouns/digest.ts';
import { TOOL } from '../nouns/tool.ts';

/** The user of every image: no name on the host has it, and Kubernetes accepts it as non-root. */
export const IMAGE_USER = '65532:65532';

const NODE = '/usr/local/bin/node';
const SERVER = '/app/server.mjs';

export interface ImageConfigFacts {
  readonly name: string;
  readonly modelDigest: Digest;
  readonly lockDigest: Digest;
  readonly form: 'prepared' | 'original';
  readonly memoryBytes: number | null;
  /** What the session's memory behaviour needs, as the profile has it. */
  readonly sessionEnvironment: Readonly<Record<string, string>>;
}

/** How a container of the image starts, and what it is labelled with. */
export function imageConfig(facts: ImageConfigFacts): ImageConfig {
  return {
    user: IMAGE_USER,
    environment: {
      PATH: '/usr/local/bin',
      LANG: 'C.UTF-8',
      SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
      ...facts.sessionEnvironment,
    },
    entrypoint: [NODE, SERVER],
    workingDirectory: '/app',
    ports: [8080],
    labels: labelsOf(facts),
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

/** Labels of the image, which are the index's annotations too. */
export function labelsOf(facts: Omit<ImageConfigFacts, 'sessionEnvironment'>): Readonly<Record<string, string>> {
  return {
    'org.opencontainers.image.title': facts.name,
    'org.opencontainers.image.version': hexOf(facts.modelDigest).slice(0, 12),
    'plimsoll.version': TOOL.version,
    'plimsoll.lock.digest': facts.lockDigest,
    'plimsoll.model.digest': facts.modelDigest,
    'plimsoll.model.form': facts.form,
    ...(facts.memoryBytes === null ? {} : { 'plimsoll.memory.limit': `${facts.memoryBytes}` }),
  };
}
