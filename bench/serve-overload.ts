import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argument } from './figures.ts';
import { startImage, startInGroup } from './serve/limited-server.ts';
import { load } from './serve/load.ts';
import { percentile, RawConnection, rawGet, rawRequest } from './serve/raw-client.ts';
import { setUp } from './serve/setup.ts';

/**
 * The server under the memory limit that its plan recommends: 64 connections with 32-row requests of a model with 0.75 MB of
 * activations a row, then, for so many seconds, ten times what it can do, in mixed shapes, then more clients than may wait. Counts answers,
 * wrong ones, resets and kills, and how soon health and refusals come. In a control group of its own, which needs root, or with --image in a container: of the model that the
 * bench has made in WORK/models/mem, by plimsoll package --load.
 * taskset -c 1 npx tsx bench/serve-overload.ts [--seconds N] [--soak N] [--limit MiB] [--image NAME] [--work FOLDER] [--node FILE]
 */
const seconds = Number(argument('seconds') ?? 20);
const soakSeconds = Number(argument('soak') ?? 60);
const MIB = 2 ** 20;

const SOAKING = 80;

/** Over the 256 requests that may wait. */
const TOO_MANY = 400;

/** Before a client that was refused asks again. */
const RETRY_MS = 20;

const work = await setUp(['mem']);
const plan = JSON.parse(readFileSync(join(dirname(work.server('mem')), 'model', 'plan.json'), 'utf8'));
const limit = Number(argument('limit') ?? 0) * MIB || plan.memory.recommendedLimitBytes;
const image = argument('image');
const server = await (image === undefined ? startInGroup({ work, model: 'mem' }, limit) : startImage(image, limit));
console.log(
  `limit ${(limit / MIB).toFixed(0)} MiB, ${image === undefined ? 'a control group' : `a container of ${image}`}, ${server.usedMiB()} MiB charged`,
);

const capacity = await load(server.url, { body: work.body('mem', 32), connections: 4, seconds: 5 });
console.log(`capacity: ${capacity.perSecond.toFixed(1)} requests of 32 rows a second over 4 connections`);

const health = watchHealth(server);
const full = await load(server.url, { body: work.body('mem', 32), connections: 64, seconds });
console.log(
  `64 connections: ${full.perSecond.toFixed(1)} a second (${(full.perSecond / capacity.perSecond).toFixed(2)} of capacity), ` +
    `p50 ${full.p50Ms.toFixed(0)} ms, p99 ${full.p99Ms.toFixed(0)} ms, errors ${full.errors}, peak ${server.peakMiB()} MiB`,
);
const soaked = await tell(`soak at ten times capacity, ${SOAKING} clients`, {
  clients: SOAKING,
  forSeconds: soakSeconds,
});
const refused = await tell(`more than may wait, ${TOO_MANY} clients`, { clients: TOO_MANY, forSeconds: seconds });
const { p99, longest, count } = await health.stop();
console.log(`health meanwhile: ${count} asked, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`);
const alive = server.isAlive();
console.log(
  `peak ${server.peakMiB()} MiB of ${(limit / MIB).toFixed(0)}, ${alive ? 'alive' : 'DEAD'}, kills ${server.kills()}`,
);
const kills = server.kills();
await server.stop();
const bad = [soaked, refused].reduce((sum, { wrong, lost, other }) => sum + wrong + lost + other, 0);
process.exit(alive && kills === 0 && bad === 0 ? 0 : 1);

interface Soak {
  readonly clients: number;
  readonly forSeconds: number;
}

async function tell(what: string, facts: Soak) {
  const found = await soak(server, facts);
  console.log(
    `${what}, mixed shapes, ${facts.forSeconds} s: ${found.answered} answered, ${found.wrong} wrong, ` +
      `${found.refused} refused (p50 ${found.refusedMs(0.5).toFixed(1)} ms, p99 ${found.refusedMs(0.99).toFixed(1)} ms), ` +
      `${found.other} other, ${found.lost} lost; ${(found.rows / facts.forSeconds / (32 * capacity.perSecond)).toFixed(2)} of capacity by rows`,
  );
  return found;
}

/** Clients that never wait for each other, each with another shape each time, checked against what one client is answered. */
async function soak({ port }: { readonly port: number }, { clients, forSeconds }: Soak) {
  const shapes = [1, 2, 7, 16, 32, 33, 100];
  const requests = new Map(shapes.map((rows) => [rows, rawRequest(readFileSync(work.body('mem', rows)))]));
  const wanted = new Map<number, number[]>();
  const counts = { answered: 0, rows: 0, wrong: 0, refused: 0, other: 0, lost: 0 };
  const refusals: number[] = [];
  const first = await RawConnection.open(port);
  for (const rows of shapes) wanted.set(rows, valuesOf((await askUntilTaken(first, rows)).body));
  first.close();
  const end = performance.now() + 1000 * forSeconds;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      let connection = await RawConnection.open(port);
      for (let turn = client; performance.now() < end; turn++) {
        const rows = shapes[turn % shapes.length] ?? 1;
        try {
          const { status, body, milliseconds } = await connection.ask(requests.get(rows) as Buffer);
          if (status === 200) {
            counts.answered++;
            counts.rows += rows;
            if (!isClose(valuesOf(body), wanted.get(rows) ?? [])) counts.wrong++;
          } else if (status === 429) {
            counts.refused++;
            refusals.push(milliseconds);
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          } else counts.other++;
        } catch {
          counts.lost++;
          connection = await RawConnection.open(port);
        }
      }
      connection.close();
    }),
  );
  return { ...counts, refusedMs: (share: number) => (refusals.length === 0 ? 0 : percentile(refusals, share)) };

  async function askUntilTaken(connection: RawConnection, rows: number) {
    for (;;) {
      const answer = await connection.ask(requests.get(rows) as Buffer);
      if (answer.status === 200) return answer;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function valuesOf(body: Buffer): number[] {
  return JSON.parse(body.toString()).outputs[0].data;
}

function isClose(found: readonly number[], expected: readonly number[]): boolean {
  return (
    found.length === expected.length &&
    found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= 1e-2 + 1e-3 * Math.abs(value))
  );
}

function watchHealth({ port }: { readonly port: number }) {
  let isOver = false;
  const times: number[] = [];
  const watching = (async () => {
    const connection = await RawConnection.open(port);
    while (!isOver) {
      times.push((await connection.ask(rawGet('/v2/health/ready'))).milliseconds);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    connection.close();
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return { p99: percentile(times, 0.99), longest: Math.max(...times), count: times.length };
    },
  };
}
