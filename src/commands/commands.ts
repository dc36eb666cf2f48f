import type { CommandSpec } from './command.ts';

/** Each is loaded only when it is named, or for the list of them all: what a command needs may take a while to load. */
const COMMANDS: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  cache: async () => (await import('./cache.ts')).cacheCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
  convert: async () => (await import('./convert.ts')).convertCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  dockerfile: async () => (await import('./dockerfile.ts')).dockerfileCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  fix: async () => (await import('./fix.ts')).fixCommand,
  init: async () => (await import('./init.ts')).initCommand,
  inspect: async () => (await import('./inspect.ts')).inspectCommand,
  lint: async () => (await import('./lint.ts')).lintCommand,
  lock: async () => (await import('./lock.ts')).lockCommand,
  package: async () => (await import('./package.ts')).packageCommand,
  rebuild: async () => (await import('./rebuild.ts')).rebuildCommand,
  run: async () => (await import('./run.ts')).runCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
};

/** The command of that name, or all of them where there is none. */
export async function specsFor(name: string | undefined): Promise<readonly CommandSpec[]> {
  const named = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  return named ? [await named()] : allSpecs();
}

/** Every command, by its name. */
export function allSpecs(): Promise<readonly CommandSpec[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
