/** How a server ended. */
export interface ServerExit {
  /** `null` where a signal ended it. */
  readonly code: number | null;
  readonly outOfMemory: boolean;
}

/** A server that was started, in a container or as a process of this machine. */
export interface RunningServer {
  /** On 127.0.0.1; known at once for a container, and once it listens for a process. */
  readonly port: () => number | undefined;
  /** Where gRPC is answered on 127.0.0.1, where that is known before the server says so. */
  readonly grpcPort?: number;
  readonly exited: Promise<ServerExit>;
  /** Lets it finish what it has accepted, and waits until it is gone; may be called any number of times. */
  readonly stop: () => Promise<unknown>;
  /** Of a process of this machine; `undefined` for one that is not there any more. */
  readonly pid?: () => number | undefined;
  /** Ends such a process at once, and waits until it is gone. */
  readonly kill?: () => Promise<unknown>;
}

/** What the server writes when it is ready to answer. */
export interface Ready {
  readonly port: number;
  /** Of gRPC; left out where it is off. */
  readonly grpcPort?: number;
  readonly readyMs: number;
  /** Threads with sessions of their own; 0 where the model runs on the one that takes requests in. */
  readonly workers?: number;
}

/** The threads that a server has moved its model to, by the line that says so; `undefined` for every other line. */
export function parseMoved(line: string): number | undefined {
  return line.startsWith('{"event":"moved"')
    ? (JSON.parse(line) as Required<Pick<Ready, 'workers'>>).workers
    : undefined;
}

/** Recognises the line by which a server says that it is ready; `undefined` for every other line. */
export function parseReady(line: string): Ready | undefined {
  if (!line.startsWith('{"event":"ready"')) return undefined;
  const { port, grpcPort, readyMs, workers } = JSON.parse(line) as Ready;
  return { port, readyMs, ...(grpcPort !== undefined && { grpcPort }), ...(workers !== undefined && { workers }) };
}
