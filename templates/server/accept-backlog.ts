import type { Server } from 'node:net';

/** Turns of the loop without a new connection after which the kernel holds none. */
const QUIET_TURNS = 5;

/** Longest time for that, should new ones never cease to come; it counts against the grace period. */
const LONGEST_MS = 2000;

/**
 * Takes in the connections that the kernel has already accepted, which closing the listening socket would reset. Node takes
 * one in each turn of its loop.
 */
export async function acceptBacklog(server: Server): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  let quietTurns = 0;
  const note = (): void => {
    quietTurns = 0;
  };
  server.on('connection', note);
  while (quietTurns++ < QUIET_TURNS && performance.now() < end) await nextTurn();
  server.off('connection', note);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
