import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Engine } from './engine.ts';
import { asEngineFailure } from './engine-failure.ts';
import { ownerLabels, removeContainer, removeOrphans } from './owner.ts';
import { followLog } from './run-container.ts';

export interface EndedRun {
  /** Nothing where it had to be ended. */
  readonly code: number | null;
  /** The end of what it wrote, on one line. */
  readonly output: string;
}

/** Under emulation a program of this size takes seconds to start; none takes a minute. */
const PATIENCE_MS = 60_000;
const MEMORY_BYTES = 512 * 2 ** 20;
const MOST_PROCESSES = 64;
const KEPT_LINES = 5;
const KEPT_CHARACTERS = 400;

/** Runs what an image starts, to its end, shut in on all sides. The container is gone afterwards. Throws `engine/…` Failures. */
export async function runToEnd(
  engine: Engine,
  { image, signal }: { readonly image: string; readonly signal?: AbortSignal },
): Promise<EndedRun> {
  let container: Container | undefined;
  const lines: string[] = [];
  try {
    await removeOrphans(engine);
    container = await engine.docker.createContainer({
      Image: image,
      Labels: ownerLabels(),
      NetworkDisabled: true,
      HostConfig: {
        NetworkMode: 'none',
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ReadonlyRootfs: true,
        Memory: MEMORY_BYTES,
        MemorySwap: MEMORY_BYTES,
        PidsLimit: MOST_PROCESSES,
      },
    });
    const log = await followLog(engine, container, (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    });
    await container.start();
    const code = await codeOf(container, signal);
    if (code === null) await removeContainer(engine, container.id);
    await log.end();
    return { code, output: lines.join(' ').replace(/\s+/g, ' ').slice(-KEPT_CHARACTERS) };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw asEngineFailure(error, `run ${image}`);
  } finally {
    if (container) await removeContainer(engine, container.id);
  }
}

async function codeOf(container: Container, signal: AbortSignal | undefined): Promise<number | null> {
  const timer = new AbortController();
  const ended = container.wait().then(({ StatusCode }: { StatusCode: number }) => StatusCode);
  ended.catch(() => {});
  const enough = AbortSignal.any([timer.signal, ...(signal ? [signal] : [])]);
  try {
    return await Promise.race([ended, pause(PATIENCE_MS, null, { signal: enough })]);
  } finally {
    timer.abort();
  }
}
