import type { Engine } from '../container/engine/engine.ts';
import { findEngine } from '../container/engine/find-engine.ts';
import { formatByteSize } from '../nouns/byte-size.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../nouns/platform.ts';
import type { Selection } from '../project/read-project.ts';
import { assertPortFree } from '../recipes/assert-port-free.ts';
import { loadIntoEngine, requireEngine } from '../recipes/deliver.ts';
import { startEngineServer } from '../recipes/engine-server.ts';
import { exampleCommand } from '../recipes/example-request.ts';
import { type FitProject, fitProject, type UnfitProject } from '../recipes/fit-project.ts';
import { startLocalServer } from '../recipes/local-server.ts';
import { IMAGE_FORMS } from '../recipes/open-image.ts';
import { parseReady, type Ready, type RunningServer } from '../recipes/running-server.ts';
import { readServerBundle } from '../recipes/server-bundle.ts';
import { startImage } from '../recipes/start-image.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { isImage } from './is-image.ts';
import { exitOf, packageModel } from './package.ts';
import { SELECTION_OPTIONS, selectionOf } from './selection.ts';
import { tellFindings } from './tell-packaged.ts';

const ENGINES = ['auto', 'docker', 'none'] as const;

interface RunOptions {
  readonly engine: (typeof ENGINES)[number];
  readonly port: number;
}

interface Started {
  /** Of the model. */
  readonly name: string;
  readonly server: RunningServer;
  /** Of memory; nothing where none is held. */
  readonly limit: number | undefined;
  /** A line that asks the server something. */
  readonly example: (address: string) => string;
  /** To be done once it has ended. */
  readonly release?: () => Promise<void>;
}

/** What a start hands its lines to: everything to the user, and the first word of readiness to whoever waits. */
interface LogWatch {
  readonly onLog: (line: string) => void;
  readonly ready: Promise<Ready>;
}

export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'start a model as its image would serve it: in the container engine, or on this machine’s Node',
  argument: {
    name: 'path-or-image',
    description: `a folder with plimsoll.yaml, such a file, or an .onnx file; or an image: ${IMAGE_FORMS}`,
    default: '.',
  },
  options: [
    ...SELECTION_OPTIONS,
    {
      flags: '--engine <engine>',
      description: 'where it runs; auto, the default, is docker where there is one',
      choices: ENGINES,
    },
    { flags: '--port <port>', description: 'port on 127.0.0.1; 0 for any free one (8080 by default)' },
  ],
  examples: [
    'plimsoll run examples/sklearn',
    'plimsoll run model.onnx --engine none --port 0',
    'plimsoll run registry.example/team/model:1.2',
    'plimsoll run oci:examples/sklearn/image --memory 256MiB',
  ],
  async run(path, flags, door) {
    const options = readFlags(flags);
    const bench = await openWorkbench(door);
    try {
      const watch = watchLog(door);
      const started = await start(path, { flags, options, watch, bench, door });
      if ('verdict' in started) {
        tellFindings(started, door);
        return exitOf(started);
      }
      try {
        return await serve(started, { watch, door });
      } finally {
        await started.release?.();
      }
    } finally {
      await bench.close();
    }
  },
};

interface Starting {
  readonly options: RunOptions;
  readonly watch: LogWatch;
  readonly bench: Workbench;
  readonly door: Door;
}

async function start(
  path: string,
  { flags, ...starting }: Starting & { flags: Flags },
): Promise<Started | UnfitProject> {
  const { options, door } = starting;
  if (isImage(path, door.machine.workingFolder)) return startPackaged(path, { flags, ...starting });
  const engine = await chooseEngine(options, door);
  const selection = selectionOf(path, flags);
  return engine ? startInEngine(selection, { engine, ...starting }) : startHere(selection, starting);
}

/** An image that is packaged already: what it was packaged with is settled, but for the limit of its container. */
async function startPackaged(
  path: string,
  { flags, options, watch, bench, door }: Starting & { flags: Flags },
): Promise<Started> {
  const { bounds, profile, memoryBytes } = selectionOf(path, flags);
  if (bounds || profile) throw refuse(`--${bounds ? 'bound' : 'profile'} is settled in ${path}, which is an image`);
  if (options.engine === 'none') throw refuse(`--engine none: ${path} is an image, and images are run by an engine`);
  const engine = await requireEngine(bench);
  const { onLog } = watch;
  const image = await startImage(path, { engine, memoryBytes, port: options.port, onLog, signal: door.signal }, bench);
  const { plan, server, limitBytes: limit, release } = image;
  const example = (address: string) => exampleCommand(plan, { address, firstCase: undefined });
  return { name: plan.name, server, limit, example, release };
}

async function startInEngine(
  selection: Selection,
  { engine, options, watch, bench, door }: Starting & { engine: Engine },
): Promise<Started | UnfitProject> {
  const platform = ALL_PLATFORMS.find((name) => PLATFORMS[name].architecture === engine.architecture);
  const packaged = await packageModel(selection, { sinks: [], ...(platform && { platforms: [platform] }) }, bench);
  if (packaged.verdict !== 'pass') return packaged;
  const { project, index } = packaged;
  const { id } = await loadIntoEngine(index, { engine, reference: `${project.name}:latest` }, bench);
  const server = await startEngineServer(engine, {
    image: id,
    digest: index.digest,
    name: `plimsoll-${project.name}`,
    memoryBytes: project.config.budget.memory,
    port: options.port,
    onLog: watch.onLog,
    signal: door.signal,
  });
  return { ...factsOf(packaged), server, limit: project.config.budget.memory };
}

async function startHere(selection: Selection, { options, watch, bench }: Starting): Promise<Started | UnfitProject> {
  await assertPortFree(options.port);
  const fit = await fitProject(selection, bench);
  if (fit.verdict !== 'pass') return fit;
  const server = await readServerBundle();
  const local = await startLocalServer(fit, { server, port: options.port, onLog: watch.onLog }, bench);
  return { ...factsOf(fit), server: local, limit: undefined };
}

function factsOf({ project, plan, example }: FitProject): Pick<Started, 'name' | 'example'> {
  return { name: project.name, example: (address) => exampleCommand(plan, { address, firstCase: example }) };
}

/** Waits until the server is ready, says where it is, and stays until it ends or the user interrupts. */
async function serve(started: Started, { watch, door }: { watch: LogWatch; door: Door }): Promise<ExitCode> {
  const { server, limit } = started;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (door.signal.aborted) resolve('interrupted');
    door.signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const patience = setTimeout(() => door.tell(slowStart(limit)), SLOW_START_MS);
  const first = await Promise.race([watch.ready, server.exited, interrupted]);
  clearTimeout(patience);
  if (first !== 'interrupted' && 'readyMs' in first) {
    const grpcPort = server.grpcPort ?? first.grpcPort;
    announce(started, { port: server.port() ?? first.port, grpcPort, ready: first, door });
  }
  const last = await Promise.race([server.exited, interrupted]);
  if (last === 'interrupted') {
    await server.stop();
    return EXIT.interrupted;
  }
  throw ended(started, last);
}

/** Models of gigabytes take seconds; what takes longer has mostly too little memory, and may go on like that for ever. */
const SLOW_START_MS = 20_000;

function slowStart(limit: number | undefined): string {
  const cause = limit === undefined ? '' : `; a limit of ${formatByteSize(limit)} may be too little for it`;
  return `not ready after ${SLOW_START_MS / 1000} s${cause}. Still waiting; Ctrl-C stops it.`;
}

interface Announced {
  readonly port: number;
  readonly grpcPort: number | undefined;
  readonly ready: Ready;
  readonly door: Door;
}

function announce({ limit, example }: Started, { port, grpcPort, ready, door }: Announced): void {
  const address = `http://127.0.0.1:${port}`;
  door.print(address);
  door.tell(
    `ready after ${ready.readyMs} ms${limit === undefined ? '' : `, under a memory limit of ${formatByteSize(limit)}`}; try it:`,
  );
  door.tell(`  ${example(address)}`);
  if (grpcPort !== undefined) door.tell(`gRPC: 127.0.0.1:${grpcPort}`);
  door.tell('Ctrl-C stops it.');
}

function ended(
  { name, limit }: Started,
  { code, outOfMemory }: { code: number | null; outOfMemory: boolean },
): Failure {
  const why = outOfMemory
    ? `it took more than its limit of ${limit === undefined ? 'memory' : formatByteSize(limit)}`
    : `exit code ${code}`;
  return new Failure(`the server of ${name} ended by itself: ${why}`, {
    code: outOfMemory ? 'run/out-of-memory' : 'run/ended',
    exit: EXIT.system,
    mend: outOfMemory ? 'Raise budget.memory in plimsoll.yaml, or lower its bounds.' : 'The lines above are its log.',
  });
}

async function chooseEngine({ engine }: RunOptions, door: Door): Promise<Engine | undefined> {
  if (engine === 'none') return undefined;
  const search = await findEngine(door.machine.env, door.machine);
  if ('engine' in search) return search.engine;
  if (engine === 'docker') throw search.failure;
  door.tell(`${search.failure.message}; serving on this machine’s Node instead, without a memory limit`);
  return undefined;
}

function watchLog(door: Door): LogWatch {
  let announce: (ready: Ready) => void = () => {};
  const ready = new Promise<Ready>((resolve) => {
    announce = resolve;
  });
  const onLog = (line: string) => {
    const found = parseReady(line);
    if (found) announce(found);
    else door.tell(line);
  };
  return { onLog, ready };
}

function readFlags(flags: Flags): RunOptions {
  const engine = choiceOf(flags, 'engine', ENGINES);
  const port = flags.port ?? '8080';
  if (typeof port !== 'string' || !/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw refuse(`--port ${port}: wanted a number from 0 to 65535`);
  }
  return { engine, port: Number(port) };
}

function refuse(message: string): Failure {
  return new Failure(message, {
    code: 'usage/flag',
    exit: EXIT.usage,
    mend: 'plimsoll run --help shows what each takes.',
  });
}
