import type { Engine } from '../container/engine/engine.ts';
import { runContainer } from '../container/engine/run-container.ts';
import { parseReady, type RunningServer } from './running-server.ts';

export interface EngineServerOptions {
  /** The engine's id of the image. */
  readonly image: string;
  /** Of the image's index, which the page to try the model shows. */
  readonly digest: string;
  readonly name: string;
  readonly memoryBytes: number | undefined;
  /** On 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Of gRPC, inside every image. */
export const GRPC_PORT = 8081;

/** The server's own grace is 25 seconds; the engine waits a little longer before it kills. */
const GRACE_SECONDS = 30;

/** Before it is ready there is nothing to drain, and a process that has only begun cannot hear: number 1 of a container ignores signals. */
const GRACE_AT_START_SECONDS = 2;

/** Starts the image in the engine: under its memory limit, read-only, without privileges. */
export async function startEngineServer(engine: Engine, options: EngineServerOptions): Promise<RunningServer> {
  const { image, digest, name, memoryBytes, port, signal } = options;
  let isReady = false;
  const onLog = (line: string) => {
    isReady ||= parseReady(line) !== undefined;
    options.onLog(line);
  };
  const starting = untilCalledOff(signal);
  const container = await runContainer(engine, {
    image,
    name,
    port,
    furtherPorts: [GRPC_PORT],
    environment: { PLIMSOLL_IMAGE_DIGEST: digest },
    graceSeconds: GRACE_AT_START_SECONDS,
    onLog,
    signal: starting.signal,
    ...(memoryBytes !== undefined && { memoryBytes }),
  }).finally(starting.callOff);
  const stop = () => container.stop(isReady ? GRACE_SECONDS : GRACE_AT_START_SECONDS);
  const grpcPort = container.ports.get(GRPC_PORT);
  return { port: () => container.port, ...(grpcPort !== undefined && { grpcPort }), exited: container.exited, stop };
}

/** A signal that follows another one for a time: once a container runs, whoever asked for it stops it. */
function untilCalledOff(signal: AbortSignal): { readonly signal: AbortSignal; readonly callOff: () => void } {
  const follower = new AbortController();
  const follow = () => follower.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  return { signal: follower.signal, callOff: () => signal.removeEventListener('abort', follow) };
}
