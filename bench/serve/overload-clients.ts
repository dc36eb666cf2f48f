import { type Asker, openAsker, type Protocol, readRequests } from './asker.ts';
import { type Ports, type RoughTally, roughClients } from './rough-clients.ts';
import { type Tally, Times } from './tally.ts';

/** What a process of clients is asked for, as the one argument of its command line. */
export interface ClientsFacts {
  readonly ports: Ports;
  /** Clients of each protocol. */
  readonly clients: Readonly<Record<Protocol, number>>;
  readonly isRough: boolean;
  readonly forSeconds: number;
  /** Files with requests, by their rows. */
  readonly files: Readonly<Record<number, string>>;
  /** Rows of what the clients ask, in turn. */
  readonly shapes: readonly number[];
}

export interface ClientsFound {
  readonly http: Tally;
  readonly grpc: Tally;
  readonly rough: RoughTally;
}

/** Before a client that was refused asks again. */
const RETRY_MS = 20;

/** Clients in a process of their own, so that what they take is not what those who watch the server see. */
const { ports, clients, isRough, forSeconds, files, shapes }: ClientsFacts = JSON.parse(process.argv[2] ?? '');
const requests = readRequests(files);
const wanted = await askForAnswers();
const endMs = performance.now() + 1000 * forSeconds;
const [http, grpc, rough] = await Promise.all([
  soak('http', clients.http),
  soak('grpc', clients.grpc),
  isRough ? roughClients(ports, requests, endMs) : {},
]);
process.send?.({ http, grpc, rough } satisfies ClientsFound, () => process.exit());

/** Clients that never wait for each other, each with another shape each time, checked against what one client is answered. */
async function soak(protocol: Protocol, count: number): Promise<Tally> {
  const counts = { answered: 0, rows: 0, wrong: 0, other: 0, lost: 0 };
  const refused = new Times();
  const open = (): Promise<Asker> => openAsker(protocol, ports[protocol], requests);
  await Promise.all(
    Array.from({ length: count }, async (_, client) => {
      let asker = await open();
      for (let turn = client; performance.now() < endMs; turn++) {
        const rows = shapes[turn % shapes.length] ?? 1;
        try {
          const { outcome, values, milliseconds } = await asker.ask(rows);
          if (outcome === 'answered') {
            counts.answered++;
            counts.rows += rows;
            if (!isClose(values, wanted.get(rows) ?? [])) counts.wrong++;
          } else if (outcome === 'refused') {
            refused.add(milliseconds);
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          } else counts.other++;
        } catch {
          counts.lost++;
          asker.close();
          asker = await open();
        }
      }
      asker.close();
    }),
  );
  return { ...counts, refused: refused.summary };
}

async function askForAnswers(): Promise<ReadonlyMap<number, readonly number[]>> {
  const answers = new Map<number, readonly number[]>();
  const asker = await openAsker('http', ports.http, requests);
  for (const rows of shapes) {
    for (;;) {
      const { outcome, values } = await asker.ask(rows);
      if (outcome === 'answered') {
        answers.set(rows, values);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  asker.close();
  return answers;
}

function isClose(found: readonly number[], expected: readonly number[]): boolean {
  return (
    found.length === expected.length &&
    found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= 1e-2 + 1e-3 * Math.abs(value))
  );
}
