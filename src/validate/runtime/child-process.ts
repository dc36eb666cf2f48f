import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ENDING, HERE } from '../../here.ts';
import type { Opening } from './requests.ts';
import { RUNTIME_ENVIRONMENT } from './session-options.ts';

/** A program that runs Node: an emulator of another processor with its arguments, Node's own last among them. */
export interface Launch {
  readonly command: string;
  readonly arguments: readonly string[];
}

export interface ProcessOptions {
  /** Added to this process's environment and to `RUNTIME_ENVIRONMENT`, or taken out where it is `undefined`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How the process is started; with this process's own Node if not given. */
  readonly launch?: Launch;
}

/** Starts the process that will load the runtime; it waits to be told which. */
export function startChildProcess({ environment, launch }: ProcessOptions): ChildProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return fork(childProgram(), {
    ...(launch && { execPath: launch.command }),
    execArgv: [...(launch?.arguments ?? []), ...childArguments()],
    env: { ...inherited, ...RUNTIME_ENVIRONMENT, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
}

/** Has a process load the runtime; it ends when this one does. */
export function tellRuntime(child: ChildProcess, runtimeFolder: string): void {
  const opening: Opening = { runtimeFolder, parentPid: process.pid };
  // A child that is gone tells so by its `close` event.
  child.send(opening, () => {});
}

/**
 * Such a process, started before it is known whether it is needed: that takes as long as a model of some hundred megabytes takes to
 * be hashed. Whoever starts it abandons it; where it was taken, that does nothing.
 */
export class ProcessAhead {
  #process: ChildProcess | undefined = startChildProcess({});
  #runtimeFolder: string | undefined;

  constructor() {
    // One that cannot be started is not there when it is wanted, and the next attempt tells why.
    this.#process?.on('error', () => {});
  }

  /** Has it load the runtime of a folder. */
  load(runtimeFolder: string): void {
    if (this.#process === undefined) return;
    tellRuntime(this.#process, runtimeFolder);
    this.#runtimeFolder = runtimeFolder;
  }

  /** The process where it is alive, and has loaded this runtime. */
  take(runtimeFolder: string): ChildProcess | undefined {
    const taken = this.#process;
    if (taken === undefined || this.#runtimeFolder !== runtimeFolder) return undefined;
    this.#process = undefined;
    const isAlive = taken.pid !== undefined && taken.exitCode === null && taken.signalCode === null && taken.connected;
    return isAlive ? taken : undefined;
  }

  abandon(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }
}

/** The same file whether this one was compiled or is run as it stands. */
function childProgram(): string {
  return fileURLToPath(new URL(`validate/runtime/child${ENDING}`, HERE));
}

function childArguments(): string[] {
  return isSource() ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href] : [];
}

function isSource(): boolean {
  return ENDING === '.ts';
}
