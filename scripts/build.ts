import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import * as z from 'zod';
import { ReportDocument } from '../schemas/report.ts';
import { VerdictDocument } from '../schemas/verdict.ts';
import { canonicalJson, type Json } from '../src/nouns/canonical-json.ts';
import { Config } from '../src/nouns/config.ts';
import { bundleServer } from './bundle-server.ts';

/** What @cyclonedx/cyclonedx-library would write XML with, which nothing here does; it does without. */
const UNUSED = ['xmlbuilder2'];

/** Makes `dist/`: compiled code with types, the server bundle, and the configuration's JSON Schema for editors. */
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
await joinModules();
copyData('src');
chmodSync('dist/src/cli.js', 0o755);
mkdirSync('dist/templates/server', { recursive: true });
await bundleServer('dist/templates/server/server.mjs');
const schemas = {
  'plimsoll.schema.json': z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }),
  'report.schema.json': z.toJSONSchema(ReportDocument),
  'verdict.schema.json': z.toJSONSchema(VerdictDocument),
};
for (const [name, schema] of Object.entries(schemas))
  writeFileSync(`dist/schemas/${name}`, canonicalJson(schema as Json, { indent: true }));

/**
 * Joins the modules of the command line and the library into few files: loading six hundred small ones took longer than the
 * work itself. Types, and the programs of child processes and threads, stay as the compiler wrote them.
 */
async function joinModules(): Promise<void> {
  await build({
    entryPoints: ['src/cli.ts', 'src/index.ts'],
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Names stay readable in stack traces; what goes is a third of the text, which Node reads at every start.
    minifyWhitespace: true,
    minifySyntax: true,
    outdir: 'dist/src',
    chunkNames: 'joined-[hash]',
    // Wide libraries that most runs do not need stay where they are, to be loaded when one does.
    external: ['dockerode', 'openpgp', 'undici', ...UNUSED],
    // Some libraries call require, which modules have only if they make it.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    plugins: [
      {
        name: 'here',
        setup: (bundle) => bundle.onResolve({ filter: /\/here\.ts$/ }, () => ({ path: './here.js', external: true })),
      },
    ],
    logLevel: 'warning',
  });
}

/** What is read at run time beside the code: recorded facts, which the compiler passes over. */
function copyData(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || entry.name.endsWith('.ts') || path.includes('__pycache__')) continue;
    mkdirSync(join('dist', entry.parentPath), { recursive: true });
    copyFileSync(path, join('dist', path));
  }
}
