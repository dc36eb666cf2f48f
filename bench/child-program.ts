import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export interface ChildProgram {
  /** A module of this folder. */
  readonly source: string;
  /** Where the program is written, and finds the runtime's packages beside it. */
  readonly folder: string;
  /** Its `node_modules` holds the runtime. */
  readonly runtimeFolder: string;
}

/** Bundles a module into one file that any Node runs without a loader, which would count as the runtime's memory; gives its path. */
export async function childProgram({ source, folder, runtimeFolder }: ChildProgram): Promise<string> {
  symlinkSync(join(runtimeFolder, 'node_modules'), join(folder, 'node_modules'));
  const outfile = join(folder, 'child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
    logLevel: 'warning',
  });
  return outfile;
}
