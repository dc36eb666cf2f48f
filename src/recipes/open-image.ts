import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HeldIndex } from '../container/held/held-index.ts';
import { openArchive } from '../container/held/open-archive.ts';
import { openEngineImage } from '../container/held/open-engine-image.ts';
import { openLayout } from '../container/held/open-layout.ts';
import { openRegistryImage } from '../container/held/open-registry-image.ts';
import { openRegistry } from '../container/registry/registry.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { parseReference } from '../nouns/reference.ts';
import { requireEngine } from './deliver.ts';
import type { Workbench } from './workbench.ts';

type Open = (
  place: string,
  where: { readonly name: string; readonly folder: string; readonly bench: Workbench },
) => Promise<HeldIndex>;

const WAYS: Readonly<Record<string, Open>> = {
  oci: async (place, { name, folder }) => {
    const { path, reference } = splitPlace(place, folder);
    return openLayout(path, { name, reference });
  },
  'oci-archive': archived,
  'docker-archive': archived,
  docker: async (place, { name, bench }) =>
    openEngineImage(place, { engine: await requireEngine(bench), name, cache: bench.cache }),
};

/** Named on the command line and in the configuration; for messages. */
export const IMAGE_FORMS =
  'oci:FOLDER, oci-archive:FILE, docker-archive:FILE, docker:NAME, or a reference in a registry';

/** Opens an image wherever it is; `folder` is what relative paths are relative to. Throws a Failure where it cannot be read. */
export async function openImage(text: string, folder: string, bench: Workbench): Promise<HeldIndex> {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, colon);
  if (Object.hasOwn(WAYS, scheme)) {
    const place = text.slice(colon + 1);
    if (place === '') throw nothingNamed(text);
    return (WAYS[scheme] as Open)(place, { name: text, folder, bench });
  }
  const reference = parseReference(text);
  const registry = openRegistry(reference.registry, bench);
  try {
    return await openRegistryImage(reference, { registry, supply: bench });
  } catch (error) {
    await registry.close();
    throw error;
  }
}

async function archived(place: string, { name, folder, bench }: Parameters<Open>[1]): Promise<HeldIndex> {
  const { path, reference } = splitPlace(place, folder);
  return openArchive(path, { name, reference, cache: bench.cache });
}

/** `PATH` or `PATH:REFERENCE`; a path that is there is taken whole, since paths may have colons. */
function splitPlace(place: string, folder: string): { path: string; reference: string | undefined } {
  const whole = resolve(folder, place);
  // A reference has a colon of its own where it names a tag: PATH:NAME:TAG.
  const match = existsSync(whole) ? undefined : /^(.+?):([^/\\]+(?::[^/\\]+)?)$/.exec(place);
  return match
    ? { path: resolve(folder, match[1] as string), reference: match[2] }
    : { path: whole, reference: undefined };
}

function nothingNamed(text: string): Failure {
  return new Failure(`${JSON.stringify(text)} names no image`, {
    code: 'usage/image',
    exit: EXIT.usage,
    mend: `Write ${IMAGE_FORMS}.`,
  });
}
