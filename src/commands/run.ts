import type { Engine } from '../container/engine/engine.ts';
import { findEngine } from '../container/engine/find-engine.ts';
import { formatByteSize } from '../nouns/byte-size.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../nouns/platform.ts';
import type { Selection } from '../project/read-project.ts';
import { assertPortFree } from '../recipes/assert-port-free.ts';
import { loadIntoEngine } from '../recipes/deliver.ts';
import { startEngineServer } from '../recipes/engine-server.ts';
import { exampleCommand } from '../recipes/example-request.ts';
import { type FitProject, fitProject, type UnfitProject } from '../recipes/fit-project.ts';
import { startLocalServer } from '../recipes/local-server.ts';
import { parseReady, type Ready, type RunningServer } from '../recipes/running-server.ts';
import { readServerBundle } from '../recipes/server-bundle.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { exitOf, packageModel } from './package.ts';
import { PATH_ARGUMENT, SELECTION_OPTIONS, selectionOf } from './selection.ts';
import { tellFindings } from './tell-packaged.ts';

const ENGINES = ['auto', 'docker', 'none'] as const;

interface RunOptions {
  readonly engine: (typeof ENGINES)[number];
  readonly port: number;
}

interface Started {
  readonly fit: FitProject;
  readonly server: RunningServer;
}

/** What a start hands its lines to: everything to the user, and the first word of readiness to whoever waits. */
interface LogWatch {
  readonly onLog: (line: string) => void;
  readonly ready: Promise<Ready>;
}

export const runCommand: CommandSpec = {
  name: 'run',
  summary: 'start a model as its image would serve it: in the container engine, or on this machine’s Node',
  argument: PATH_ARGUMENT,
  options: [
    ...SELECTION_OPTIONS,
    {
      flags: '--engine <engine>',
      description: 'where it runs; auto, the default, is docker where there is one',
      choices: ENGINES,
    },
    { flags: '--port <port>', description: 'port on 127.0.0.1; 0 for any free one (8080 by default)' },
  ],
  examples: ['plimsoll run examples/sklearn', 'plimsoll run model.onnx --engine none --port 0'],
  async run(path, flags, door) {
    const options = readFlags(flags);
    const bench = await openWorkbench(door);
    try {
      const engine = await chooseEngine(options, door);
      const watch = watchLog(door);
      const started = engine
        ? await startInEngine(selectionOf(path, flags), { engine, options, watch, bench, door })
        : await startHere(selectionOf(path, flags), { options, watch, bench });
      if ('verdict' in started) {
        tellFindings(started, door);
        return exitOf(started);
      }
      return await serve(started, {
        watch,
        door,
        limit: engine ? started.fit.project.config.budget.memory : undefined,
      });
    } finally {
      await bench.close();
    }
  },
};

async function startInEngine(
  selection: Selection,
  {
    engine,
    options,
    watch,
    bench,
    door,
  }: { engine: Engine; options: RunOptions; watch: LogWatch; bench: Workbench; door: Door },
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
  return { fit: packaged, server };
}

async function startHere(
  selection: Selection,
  { options, watch, bench }: { options: RunOptions; watch: LogWatch; bench: Workbench },
): Promise<Started | UnfitProject> {
  await assertPortFree(options.port);
  const fit = await fitProject(selection, bench);
  if (fit.verdict !== 'pass') return fit;
  const server = await readServerBundle();
  return { fit, server: await startLocalServer(fit, { server, port: options.port, onLog: watch.onLog }, bench) };
}

/** Waits until the server is ready, says where it is, and stays until it ends or the user interrupts. */
async function serve(
  { fit, server }: Started,
  { watch, door, limit }: { watch: LogWatch; door: Door; limit: number | undefined },
): Promise<ExitCode> {
  const interrupted = new Promise<'interrupted'>((resolve) => {
    if (door.signal.aborted) resolve('interrupted');
    door.signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  const patience = setTimeout(() => door.tell(slowStart(limit)), SLOW_START_MS);
  const first = await Promise.race([watch.ready, server.exited, interrupted]);
  clearTimeout(patience);
  if (first !== 'interrupted' && 'readyMs' in first) {
    const grpcPort = server.grpcPort ?? first.grpcPort;
    announce(fit, { port: server.port() ?? first.port, grpcPort, ready: first, door, limit });
  }
  const last = await Promise.race([server.exited, interrupted]);
  if (last === 'interrupted') {
    await server.stop();
    return EXIT.interrupted;
  }
  throw ended(fit, last);
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
  readonly limit: number | undefined;
}

function announce(fit: FitProject, { port, grpcPort, ready, door, limit }: Announced): void {
  const address = `http://127.0.0.1:${port}`;
  door.print(address);
  door.tell(
    `ready after ${ready.readyMs} ms${limit === undefined ? '' : `, under a memory limit of ${formatByteSize(limit)}`}; try it:`,
  );
  door.tell(`  ${exampleCommand(fit.plan, { address, firstCase: fit.example })}`);
  if (grpcPort !== undefined) door.tell(`gRPC: 127.0.0.1:${grpcPort}`);
  door.tell('Ctrl-C stops it.');
}

function ended({ project }: FitProject, { code, outOfMemory }: { code: number | null; outOfMemory: boolean }): Failure {
  const limit = project.config.budget.memory;
  const why = outOfMemory
    ? `it took more than its limit of ${limit === undefined ? 'memory' : formatByteSize(limit)}`
    : `exit code ${code}`;
  return new Failure(`the server of ${project.name} ended by itself: ${why}`, {
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
