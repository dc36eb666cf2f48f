import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles the inference server to one file. Its bytes are part of every image's digest, so they depend on the sources and on
 * the pinned esbuild alone: paths in comments are relative to the project's root, and there is no source map.
 */
export async function bundleServer(outfile: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  await build({
    absWorkingDir: root,
    entryPoints: ['templates/server/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: false,
    loader: { '.html': 'text' },
    external: ['onnxruntime-node', 'onnxruntime-common'],
    define: { SERVER_VERSION: JSON.stringify(version) },
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
    logLevel: 'warning',
  });
}
