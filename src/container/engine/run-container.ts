import { randomBytes } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Container, ContainerSettings, Engine } from './engine.ts';
import { asEngineFailure, statusOf } from './engine-failure.ts';
import { lineStream } from './log-lines.ts';
import { ownerLabels, removeContainer, removeOrphans } from './owner.ts';

/** How long a log may go on after its container has ended, before the rest of it is given up. */
const LOG_TAIL_MS = 2_000;

export interface RunOptions {
  /** The engine's id of the image, or a name. */
  readonly image: string;
  /** How the container's name begins. */
  readonly name: string;
  /** Limit on memory, swap included; none where left out. */
  readonly memoryBytes?: number;
  /** On 127.0.0.1 of the engine's machine; 0 takes a free one. */
  readonly port: number;
  /** The port inside the container; 8080 where left out. */
  readonly containerPort?: number;
  /** Further ports inside the container, which get free ones on 127.0.0.1. */
  readonly furtherPorts?: readonly number[];
  /** A network of the engine to be in, and no other; then no port is published, and the container is reached by its own address. */
  readonly network?: string;
  /** Whether the root file system is read-only; true where left out. */
  readonly readOnly?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Between SIGTERM and SIGKILL when it is stopped. */
  readonly graceSeconds: number;
  readonly onLog: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Stops the container, or keeps it from starting. */
  readonly signal?: AbortSignal;
}

export interface ContainerExit {
  readonly code: number;
  /** The kernel ended it for going over its limit on memory. */
  readonly outOfMemory: boolean;
}

export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  /** Where its port is on the engine's machine: 127.0.0.1, or its own address in a network of its own. */
  readonly host: string;
  readonly port: number;
  /** Where each port inside the container is found on 127.0.0.1. */
  readonly ports: ReadonlyMap<number, number>;
  /** Of its first process, on the engine's machine. */
  readonly pid: number;
  /** Settles when the container has ended, its log was told and it was removed. */
  readonly exited: Promise<ContainerExit>;
  /** Ends the container within the grace, the options' own by default, and waits until it is gone; may be called any number of times. */
  readonly stop: (graceSeconds?: number) => Promise<ContainerExit>;
}

/**
 * Starts a container without privileges: no capabilities, no new ones, read-only root, its port on the loopback address only.
 * It is removed by this process and not by the engine, which would take the answer to "was it out of memory?" along; what a
 * killed process leaves is removed by the next call. Throws `engine/…` Failures and leaves nothing behind then.
 */
export async function runContainer(engine: Engine, options: RunOptions): Promise<RunningContainer> {
  const name = `${options.name}-${randomBytes(4).toString('hex')}`;
  let container: Container | undefined;
  try {
    options.signal?.throwIfAborted();
    await removeOrphans(engine);
    container = await engine.docker.createContainer({ name, ...settingsOf(options) });
    options.signal?.throwIfAborted();
    const log = await followLog(engine, container, options.onLog);
    await container.start();
    return await running(engine, { container, name, log, options });
  } catch (error) {
    if (container) await removeContainer(engine, container.id);
    if (options.signal?.aborted) throw options.signal.reason;
    throw asEngineFailure(error, `start a container of ${options.image}`);
  }
}

function settingsOf(options: RunOptions): ContainerSettings {
  const { memoryBytes } = options;
  const bindings = [
    [insidePort(options), options.port],
    ...(options.furtherPorts ?? []).map((port) => [port, 0] as const),
  ] as const;
  return {
    Image: options.image,
    Env: Object.entries(options.environment ?? {}).map(([key, value]) => `${key}=${value}`),
    Labels: ownerLabels(),
    ExposedPorts: Object.fromEntries(bindings.map(([inside]) => [`${inside}/tcp`, {}])),
    HostConfig: {
      Init: false,
      AutoRemove: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: options.readOnly ?? true,
      ...(options.network !== undefined
        ? { NetworkMode: options.network }
        : {
            PortBindings: Object.fromEntries(
              bindings.map(([inside, port]) => [`${inside}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(port) }]]),
            ),
          }),
      // Both equal: the limit counts for memory alone, and nothing goes to swap.
      ...(memoryBytes === undefined ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
    },
  };
}

function insidePort({ containerPort = 8080 }: RunOptions): number {
  return containerPort;
}

interface Log {
  /** Settles when every line was told, or when the rest is given up. */
  readonly end: () => Promise<void>;
}

/** Attached before the start, so that no line is missed and no log driver is needed. */
export async function followLog(engine: Engine, container: Container, onLog: RunOptions['onLog']): Promise<Log> {
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const stdout = lineStream((line) => onLog(line, 'stdout'));
  const stderr = lineStream((line) => onLog(line, 'stderr'));
  engine.docker.modem.demuxStream(stream, stdout, stderr);
  // A connection that breaks ends the log and nothing else; the engine's answers tell what became of the container.
  const ended = finished(stream, { writable: false }).catch(() => {});
  return {
    end: async () => {
      const timer = new AbortController();
      await Promise.race([ended, pause(LOG_TAIL_MS, undefined, { signal: timer.signal }).catch(() => {})]);
      timer.abort();
      (stream as unknown as { destroy?: () => void }).destroy?.();
      stdout.end();
      stderr.end();
    },
  };
}

interface Started {
  readonly container: Container;
  readonly name: string;
  readonly log: Log;
  readonly options: RunOptions;
}

async function running(engine: Engine, { container, name, log, options }: Started): Promise<RunningContainer> {
  const exited = exitOf(engine, { container, log });
  // Nobody may be listening when it fails; whoever asks later still sees it.
  exited.catch(() => {});
  const started = await published(container, options);
  if (started === undefined) throw endedAtOnce(await exited);

  let stopping: Promise<ContainerExit> | undefined;
  const stop = (graceSeconds = options.graceSeconds) => {
    stopping ??= stopWithin(container, graceSeconds).then(() => exited);
    return stopping;
  };
  const onAbort = () => {
    stop().catch(() => {});
  };
  if (options.signal?.aborted) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  return { id: container.id, name, ...started, exited, stop };
}

async function exitOf(
  engine: Engine,
  { container, log }: { readonly container: Container; readonly log: Log },
): Promise<ContainerExit> {
  try {
    await container.wait();
    const { State } = await container.inspect();
    return { code: State.ExitCode, outOfMemory: State.OOMKilled };
  } catch (error) {
    throw asEngineFailure(error, 'say how the container ended');
  } finally {
    await log.end();
    await removeContainer(engine, container.id).catch(() => {});
  }
}

async function published(
  container: Container,
  options: RunOptions,
): Promise<Pick<RunningContainer, 'host' | 'port' | 'ports' | 'pid'> | undefined> {
  const { NetworkSettings, State } = await container.inspect().catch((error) => {
    // It ended, and was removed, before it could be asked.
    if (statusOf(error) === 404) return { NetworkSettings: undefined, State: undefined };
    throw error;
  });
  const ports = new Map<number, number>();
  for (const [name, bindings] of Object.entries(NetworkSettings?.Ports ?? {})) {
    // `null` for a port that the image exposes and nobody has published.
    const [binding] = bindings ?? [];
    if (binding) ports.set(Number.parseInt(name, 10), Number(binding.HostPort));
  }
  const pid = State?.Pid ?? 0;
  if (options.network !== undefined) {
    const host = NetworkSettings?.Networks[options.network]?.IPAddress;
    return host ? { host, port: insidePort(options), ports, pid } : undefined;
  }
  const port = ports.get(insidePort(options));
  return port === undefined ? undefined : { host: '127.0.0.1', port, ports, pid };
}

async function stopWithin(container: Container, graceSeconds: number): Promise<void> {
  try {
    await container.stop({ t: graceSeconds });
  } catch (error) {
    // 304: it has ended already; 404: it is removed already.
    if (![304, 404].includes(statusOf(error) ?? 0)) throw asEngineFailure(error, 'stop the container');
  }
}

/** Its cause is how it ended. */
function endedAtOnce(exit: ContainerExit): Failure {
  const { code, outOfMemory } = exit;
  const why = outOfMemory ? 'it was out of memory' : `exit code ${code}`;
  return new Failure(`the container ended as soon as it was started: ${why}`, {
    code: 'engine/ended-at-once',
    exit: EXIT.system,
    cause: exit,
    mend: outOfMemory
      ? 'Give it more memory: budget.memory in the configuration, or --memory.'
      : 'See the log lines above.',
  });
}
