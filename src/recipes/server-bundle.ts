import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ENDING, HERE } from '../here.ts';
import { EXIT, Failure } from '../nouns/failure.ts';

/** The server that goes into every image: one file, bundled when this package was built. */
export interface ServerBundle {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export async function readServerBundle(): Promise<ServerBundle> {
  const path = fileURLToPath(bundleUrl());
  const bytes = await readFile(path).catch((cause) => {
    throw new Failure(`the server bundle is missing at ${path}`, {
      code: 'package/not-built',
      exit: EXIT.usage,
      mend: 'In a clone, run npm run build first; an installed package that lacks it is damaged: install it again.',
      cause,
    });
  });
  return { path, bytes };
}

/** Beside the compiled code; in a clone, code that runs from its source finds it where the build puts it. */
function bundleUrl(): URL {
  const root = ENDING === '.ts' ? '../dist/' : '../';
  return new URL(`${root}templates/server/server.mjs`, HERE);
}
