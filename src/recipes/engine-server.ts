import type { Engine } from '../container/engine/engine.ts';
import { runContainer } from '../container/engine/run-container.ts';
import type { RunningServer } from './running-server.ts';

export interface EngineServerOptions {
  /** The engine's id of the image. */
  readonly image: string;
  readonly name: string;
  readonly memoryBytes: number | undefined;
  /** On 127.0.0.1; 0 for any free one. */
  readonly port: number;
  readonly onLog: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The server's own grace is 25 seconds; the engine waits a little longer before it kills. */
const GRACE_SECONDS = 30;

/** Starts the image in the engine: under its memory limit, read-only, without privileges. */
export async function startEngineServer(engine: Engine, options: EngineServerOptions): Promise<RunningServer> {
  const { image, name, memoryBytes, port, onLog, signal } = options;
  const container = await runContainer(engine, {
    image,
    name,
    port,
    graceSeconds: GRACE_SECONDS,
    onLog,
    signal,
    ...(memoryBytes !== undefined && { memoryBytes }),
  });
  return { port: () => container.port, exited: container.exited, stop: container.stop };
}
