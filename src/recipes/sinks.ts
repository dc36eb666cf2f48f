import { open, stat } from 'node:fs/promises';
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

/**
 * Makes sure, before the work begins, that no sink would take the place of something that is not an image: a device, a folder, the
 * model itself. What is on the disk when the image is written is looked at again by whoever writes it.
 * @throws Failure `output/wrong-kind`, `usage/output` where two sinks are one place.
 */
export async function assertSinks(sinks: readonly Sink[]): Promise<void> {
  for (const [index, sink] of sinks.entries()) {
    if (sinks.slice(0, index).some(({ path, kind }) => path === sink.path && kind !== sink.kind)) throw twice(sink);
    if (sink.kind !== 'oci') await assertReplaceable(sink);
  }
}

/** Where the first header of a tar has its magic, by POSIX 1003.1, ustar. */
const MAGIC = { text: 'ustar', offset: 257 } as const;

async function assertReplaceable({ path }: Sink): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.isFile() && found.size === 0)) return;
  if (found.isFile() && (await isTar(path))) return;
  throw new Failure(`--output: ${path} is there already, and is ${found.isFile() ? 'no archive' : 'no file'}`, {
    code: 'output/wrong-kind',
    exit: EXIT.usage,
    mend: 'Name another file, or remove what is there; nothing was changed.',
  });
}

async function isTar(path: string): Promise<boolean> {
  // Who may not read it is told so when the image is written.
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return true;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.text.length), 0, MAGIC.text.length, MAGIC.offset);
    return buffer.toString('latin1', 0, bytesRead) === MAGIC.text;
  } finally {
    await file.close();
  }
}

function twice({ path }: Sink): Failure {
  return new Failure(`two --output write to ${path} in different forms`, {
    code: 'usage/output',
    exit: EXIT.usage,
    mend: 'Give each form a place of its own.',
  });
}
