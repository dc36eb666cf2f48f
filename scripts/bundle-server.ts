import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const COMMON: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // Of a text with other letters, V8 holds two bytes for each.
  charset: 'ascii',
  legalComments: 'none',
  sourcemap: false,
  external: ['onnxruntime-node', 'onnxruntime-common'],
  tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true } },
  logLevel: 'warning',
};

/**
 * Bundles the inference server to one file. Its bytes are part of every image's digest, so they depend on the sources and on
 * the pinned esbuild alone: paths in comments are relative to the project's root, and there is no source map.
 */
export async function bundleServer(outfile: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: ['templates/server/main.ts'],
    write: false,
    format: 'esm',
    loader: { '.html': 'text' },
    define: { SERVER_VERSION: JSON.stringify(version) },
    plugins: [workerProgram],
  });
  writeFileSync(outfile, takeBuiltinModules(outputFiles?.[0]?.text ?? ''));
}

/**
 * Takes what is needed of Node's own modules without an `import`, which reads all that they export: among the exports of `node:http` is a
 * WebSocket client, and of `node:crypto` all of Web Crypto, and both are loaded when they are looked at. Saves 4 MiB on Node 24.
 *
 * @throws Error where an import is of another form than that of names
 */
function takeBuiltinModules(bundle: string): string {
  const taken = bundle.replace(
    /^import \{\s([^}]+)\} from ("node:[\w/]+");$/gm,
    (_, names: string, module: string) =>
      `const { ${names.trim().replaceAll(' as ', ': ')} } = process.getBuiltinModule(${module});`,
  );
  const left = /^import .*$/m.exec(taken);
  if (left !== null) throw new Error(`the server imports a module as a whole: ${left[0]}; name what it takes of it`);
  return taken;
}

/**
 * The program of the threads, which the server carries as a text: loading all of the server, with the HTTP and TLS of Node, takes a
 * thread longer than its own part of it does. A text has no address, so it is told the server's.
 */
const workerProgram: Plugin = {
  name: 'worker-program',
  setup(bundle) {
    bundle.onResolve({ filter: /^worker-program$/ }, ({ path }) => ({ path, namespace: 'worker-program' }));
    bundle.onLoad({ filter: /.*/, namespace: 'worker-program' }, async () => {
      const { outputFiles } = await build({
        ...COMMON,
        entryPoints: ['templates/server/worker.ts'],
        write: false,
        format: 'cjs',
        minifyWhitespace: true,
        minifySyntax: true,
        define: { 'import.meta.url': 'SERVER_URL' },
        banner: { js: 'const SERVER_URL = require("node:worker_threads").workerData.serverUrl;' },
      });
      return { contents: outputFiles?.[0]?.text ?? '', loader: 'text' };
    });
  },
};
