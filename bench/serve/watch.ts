import { openAsker, type Requests } from './asker.ts';
import { RawConnection, rawGet } from './raw-client.ts';
import { prefixed, RawGrpcConnection } from './raw-grpc.ts';
import type { Ports } from './rough-clients.ts';
import { Times, type TimesSummary } from './tally.ts';

export interface Watched {
  readonly http: TimesSummary;
  readonly grpc: TimesSummary;
  /** How soon some more clients with single rows were refused, over HTTP. */
  readonly refused: TimesSummary;
}

/** Between two questions. */
const PAUSE_MS = 20;

/** Most of the time each waits for the answer to a request that was taken in. */
const ASKING = 20;

const CHECK = '/grpc.health.v1.Health/Check';

/** Asks a server how it is, over both protocols, and one row now and then, until it is stopped. */
export function watch(ports: Ports, requests: Requests): { stop(): Promise<Watched> } {
  let isOver = false;
  const times = { http: new Times(), grpc: new Times(), refused: new Times() };
  const repeat = async (ask: () => Promise<void>): Promise<void> => {
    while (!isOver) {
      await ask();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  const watching = Promise.all([
    RawConnection.open(ports.http).then(async (connection) => {
      await repeat(async () => times.http.add((await connection.ask(rawGet('/v2/health/ready'))).milliseconds));
      connection.close();
    }),
    RawGrpcConnection.open(ports.grpc, CHECK).then(async (connection) => {
      await repeat(async () => {
        const { status, milliseconds } = await connection.call(CHECK, prefixed(Buffer.alloc(0)));
        if (status !== 0) throw new Error(`health over gRPC: status ${status}`);
        times.grpc.add(milliseconds);
      });
      connection.close();
    }),
    ...Array.from({ length: ASKING }, async () => {
      const asker = await openAsker('http', ports.http, requests);
      await repeat(async () => {
        const { outcome, milliseconds } = await asker.ask(1);
        if (outcome === 'refused') times.refused.add(milliseconds);
      });
      asker.close();
    }),
  ]);
  return {
    async stop() {
      isOver = true;
      await watching;
      return { http: times.http.summary, grpc: times.grpc.summary, refused: times.refused.summary };
    },
  };
}
