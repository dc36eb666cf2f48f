import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HERE } from '../here.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework, ModelSource } from '../nouns/model-source.ts';
import { keptVersionOf } from './artefact-version.ts';
import { type Environment, FRAMEWORK_FACTS } from './frameworks.ts';
import type { Requirements } from './python/make-environment.ts';

/** What a source is: a program that leaves a framework's file, such a file, or for PyTorch a function to call. */
export type SettledSource =
  | { readonly kind: 'script'; readonly script: string }
  | { readonly kind: 'artefact'; readonly artefact: string }
  | { readonly kind: 'function'; readonly module: string; readonly function: string };

/** Tells by its form what the key `source` names. */
export function settleSource({ from, source }: ModelSource, folder: string): SettledSource {
  const call = /^([\w.]+):(\w+)$/.exec(source);
  if (from === 'pytorch' && call) return { kind: 'function', module: call[1] ?? '', function: call[2] ?? '' };
  if (extname(source) === '.py') return { kind: 'script', script: resolve(folder, source) };
  return { kind: 'artefact', artefact: resolve(folder, source) };
}

/**
 * The packages in which a file of a framework is loaded: the user's own list, else the project's for the version that the file
 * says it was kept with.
 *
 * @throws Failure `convert/version` where there is none for that version
 */
export async function settleRequirements(
  { from, artefact }: { readonly from: Framework; readonly artefact: string | undefined },
  requirements: string | undefined,
): Promise<Requirements> {
  if (requirements !== undefined) return { name: basename(requirements), file: requirements };
  const { environments } = FRAMEWORK_FACTS[from];
  const [newest] = environments;
  if (newest === undefined) throw new TypeError(`${from} has no environment`);
  const version = artefact === undefined ? undefined : await keptVersionOf(from, artefact);
  if (version === undefined) return shipped(newest);
  const fitting = environments.find(({ serves }) => version === serves || version.startsWith(`${serves}.`));
  if (fitting) return shipped(fitting);
  const served = environments.map(({ serves }) => serves).join(', ');
  throw new Failure(`${artefact} was kept with ${from} ${version}; there are environments for ${served}`, {
    code: 'convert/version',
    exit: EXIT.usage,
    mend: `Name a list of packages with hashes that has ${from} ${version} and its exporter with the key "requirements" beside "from", or keep the model again with one of those versions.`,
  });
}

function shipped({ name }: Environment): Requirements {
  return { name, file: fileURLToPath(new URL(`convert/environments/${name}.txt`, HERE)) };
}
