import { join, resolve } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Project } from '../project/read-project.ts';

/** Where an image goes. */
export interface Sink {
  readonly kind: 'oci' | 'oci-archive' | 'docker-archive';
  /** Absolute. */
  readonly path: string;
}

const KINDS = ['oci', 'oci-archive', 'docker-archive'] as const;

/** Reads `oci:DIR`, `oci-archive:FILE` and `docker-archive:FILE`. Throws a Failure for anything else. */
export function parseSink(text: string, workingFolder: string): Sink {
  const colon = text.indexOf(':');
  const kind = KINDS.find((known) => known === text.slice(0, colon));
  const path = text.slice(colon + 1);
  if (kind && path) return { kind, path: resolve(workingFolder, path) };
  throw new Failure(`--output ${text}: wanted oci:DIR, oci-archive:FILE or docker-archive:FILE`, {
    code: 'usage/output',
    exit: EXIT.usage,
    mend: `For instance --output oci:${path || 'image'}.`,
  });
}

/** Where the image goes when nobody says: an OCI layout beside the configuration. */
export function defaultSink({ folder }: Project): Sink {
  return { kind: 'oci', path: join(folder, 'image') };
}
