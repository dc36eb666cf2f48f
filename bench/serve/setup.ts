import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument } from '../figures.ts';
import { layOut } from './lay-out-server.ts';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** What the peers were measured with. */
const PACKAGES = [
  'fastapi==0.165.0',
  'uvicorn==0.54.0',
  'uvloop==0.23.0',
  'httptools==0.9.0',
  'pydantic==2.14.3',
  'onnxruntime==1.30.0',
  'numpy',
  'onnx',
];

/** Peers with environments of their own, made when they are first asked for; versions as their figures are known for. */
const PEER_PACKAGES = {
  // Newer loops of its workers end them at the start.
  mlserver: ['mlserver==1.7.1', 'uvloop==0.21.0', 'onnxruntime==1.30.0'],
  litserve: ['litserve==0.2.19', 'onnxruntime==1.30.0'],
  bentoml: ['bentoml==1.4.39', 'onnxruntime==1.30.0'],
  pytriton: ['nvidia-pytriton==0.7.0', 'onnxruntime==1.30.0', 'numpy==1.26.4'],
  tritonclient: ['tritonclient[http]==2.73.0'],
} as const;

export type PeerName = keyof typeof PEER_PACKAGES;

/** The client of gRPC, which Go fetches and builds. */
const GHZ = 'github.com/bojand/ghz/cmd/ghz@v0.120.0';

export const MODELS = ['tiny', 'mlp', 'encoder', 'tokens', 'mem', 'large'] as const;
export type ModelName = (typeof MODELS)[number];

/** Everything that the server's benches need, made once in a folder that is not the repository's: `--work FOLDER`. */
export interface BenchWork {
  readonly folder: string;
  readonly python: string;
  /** libonnxruntime of the Python wheel, for the Go server. */
  readonly library: string;
  readonly goServer: string;
  /** The Python of a peer that has an environment of its own. */
  peerPython(peer: PeerName): string;
  /** A client that loads gRPC servers. */
  grpcClient(): string;
  modelFile(model: ModelName): string;
  /** The server's main file, laid out as in an image. */
  server(model: ModelName): string;
  /** A file with a request of so many rows, as JSON. */
  body(model: ModelName, rows: number): string;
  /** The same as BentoML takes it: nested lists by argument. */
  nestedBody(model: ModelName, rows: number): string;
  /** The same with binary tensors, and how long its JSON is. */
  binaryBody(model: ModelName, rows: number): { readonly bytes: Buffer; readonly jsonBytes: number };
}

/** Inputs of a row, by model. */
const WIDTHS: Readonly<Record<ModelName, readonly number[]>> = {
  tiny: [13],
  mlp: [32],
  encoder: [32, 384],
  tokens: [32],
  mem: [16],
  large: [32],
};

export async function setUp(models: readonly ModelName[] = MODELS): Promise<BenchWork> {
  const folder = resolve(argument('work') ?? '/tmp/plimsoll-bench');
  mkdirSync(folder, { recursive: true });
  const python = join(folder, 'venv', 'bin', 'python');
  if (!existsSync(python)) {
    execFileSync('python3', ['-m', 'venv', join(folder, 'venv')]);
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES], { stdio: 'inherit' });
  }
  if (models.some((model) => !existsSync(join(folder, 'models', model)))) {
    execFileSync(python, [join(PEERS, 'make_models.py'), join(folder, 'models')], { stdio: 'inherit' });
  }
  const goServer = join(folder, 'go-server');
  if (!existsSync(goServer)) {
    execFileSync('go', ['build', '-o', goServer, '.'], { cwd: join(PEERS, 'go'), stdio: 'inherit' });
  }
  const servers = new Map<ModelName, string>();
  for (const model of models) {
    servers.set(model, await layOut(join(folder, 'models', model), join(folder, 'servers', model)));
  }
  return {
    folder,
    python,
    library: findLibrary(folder),
    goServer,
    peerPython: (peer) => peerPython(folder, peer),
    grpcClient() {
      const path = join(folder, 'bin', 'ghz');
      const env = { ...process.env, GOBIN: join(folder, 'bin') };
      if (!existsSync(path)) execFileSync('go', ['install', GHZ], { env, stdio: 'inherit' });
      return path;
    },
    modelFile: (model) => join(folder, 'models', model, 'model.onnx'),
    server: (model) => servers.get(model) ?? '',
    body(model, rows) {
      const path = join(folder, `${model}-${rows}.json`);
      const data = Array.from(values(model, rows));
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, ...WIDTHS[model]], data }];
      writeFileSync(path, JSON.stringify({ inputs }));
      return path;
    },
    nestedBody(model, rows) {
      const path = join(folder, `${model}-${rows}-nested.json`);
      writeFileSync(path, JSON.stringify({ x: nest(Array.from(values(model, rows)), WIDTHS[model]) }));
      return path;
    },
    binaryBody(model, rows) {
      const data = Buffer.from(values(model, rows).buffer);
      const parameters = { binary_data_size: data.length };
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, ...WIDTHS[model]], parameters }];
      const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
      return { bytes: Buffer.concat([json, data]), jsonBytes: json.length };
    },
  };
}

function peerPython(folder: string, peer: PeerName): string {
  const home = join(folder, `venv-${peer}`);
  const python = join(home, 'bin', 'python');
  if (existsSync(python)) return python;
  // The system's own: pytriton does not start on some later ones.
  execFileSync(existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3', ['-m', 'venv', home]);
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...PEER_PACKAGES[peer]], { stdio: 'inherit' });
  return python;
}

/** Numbers as features have them: of four digits; those of words in a vocabulary of 30,000. */
function values(model: ModelName, rows: number): Float32Array {
  const count = rows * WIDTHS[model].reduce((product, size) => product * size, 1);
  if (model === 'tokens') return Float32Array.from({ length: count }, (_, index) => (index * 7919) % 30_000);
  return Float32Array.from({ length: count }, (_, index) => Math.round(Math.sin(index) * 1e4) / 1e4);
}

/** Elements in lists of such lists: of the last size innermost. */
function nest(elements: readonly unknown[], sizes: readonly number[]): readonly unknown[] {
  const size = sizes.at(-1);
  if (size === undefined) return elements;
  const lists = Array.from({ length: elements.length / size }, (_, index) =>
    elements.slice(index * size, (index + 1) * size),
  );
  return nest(lists, sizes.slice(0, -1));
}

function findLibrary(folder: string): string {
  const [version] = readdirSync(join(folder, 'venv', 'lib'));
  const capi = join(folder, 'venv', 'lib', version ?? '', 'site-packages', 'onnxruntime', 'capi');
  return join(capi, readdirSync(capi).find((name) => name.startsWith('libonnxruntime.so')) ?? '');
}
