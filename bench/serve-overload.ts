import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argument } from './figures.ts';
import { type Protocol, readRequests } from './serve/asker.ts';
import { startImage, startInGroup } from './serve/limited-server.ts';
import { load } from './serve/load.ts';
import type { ClientsFacts, ClientsFound } from './serve/overload-clients.ts';
import { setUp } from './serve/setup.ts';
import { type Tally, tellTimes } from './serve/tally.ts';
import { type Watched, watch } from './serve/watch.ts';

/**
 * The server under the memory limit that its plan recommends: 64 connections with 32-row requests of a model with 0.75 MB of
 * activations a row, then, for so many seconds, ten times what it can do, in mixed shapes, then more clients than may wait. Counts answers,
 * wrong ones, resets and kills, and how soon health and refusals come: health as a process of its own sees it, whose turn comes before the
 * clients'. With --rough some of them send what is too large, are slow, or go amid a request. In a control group of its own, which needs
 * root, or with --image in a container: of the model that the bench has made in WORK/models/mem, by plimsoll package --load.
 * taskset -c 1 npx tsx bench/serve-overload.ts [--protocol http|grpc|both] [--rough] [--seconds N] [--soak N] [--limit MiB] [--image NAME] [--work FOLDER] [--node FILE]
 */
const seconds = Number(argument('seconds') ?? 20);
const soakSeconds = Number(argument('soak') ?? 60);
const protocol = argument('protocol') ?? 'http';
const isRough = process.argv.includes('--rough');
const MIB = 2 ** 20;

/** Requests of the capacity's measurement. */
const ROWS = 32;
const SHAPES = [1, 2, 7, 16, 32, 33, 100];
const SOAKING = 80;

/** Over the 256 requests that may wait. */
const TOO_MANY = 400;

/** Before everything else on the clients' processor. */
const WATCHING_PRIORITY = -15;

const work = await setUp(['mem']);
const plan = JSON.parse(readFileSync(join(dirname(work.server('mem')), 'model', 'plan.json'), 'utf8'));
const limit = Number(argument('limit') ?? 0) * MIB || plan.memory.recommendedLimitBytes;
const image = argument('image');
const server = await (image === undefined ? startInGroup({ work, model: 'mem' }, limit) : startImage(image, limit));
const ports = { http: server.port, grpc: server.grpcPort };
const files = Object.fromEntries(SHAPES.map((rows) => [rows, work.body('mem', rows)]));
console.log(
  `limit ${(limit / MIB).toFixed(0)} MiB, ${image === undefined ? 'a control group' : `a container of ${image}`}, ${server.usedMiB()} MiB charged`,
);

const body = work.body('mem', ROWS);
const { perSecond: capacity } = await load(server.url, { body, connections: 4, seconds: 5 });
console.log(`capacity: ${capacity.toFixed(1)} requests of ${ROWS} rows a second over 4 connections`);

const bad: number[] = [];
if (protocol !== 'grpc') {
  const full = await load(server.url, { body, connections: 64, seconds });
  console.log(
    `64 connections: ${full.perSecond.toFixed(1)} a second (${(full.perSecond / capacity).toFixed(2)} of capacity), ` +
      `p50 ${full.p50Ms.toFixed(0)} ms, p99 ${full.p99Ms.toFixed(0)} ms, errors ${full.errors}, peak ${server.peakMiB()} MiB`,
  );
}
if (protocol !== 'http') await tell('64 connections', { clients: 64, forSeconds: seconds, shapes: [ROWS] });
await tell(`soak at ten times capacity, ${SOAKING} clients`, { clients: SOAKING, forSeconds: soakSeconds });
await tell(`more than may wait, ${TOO_MANY} clients`, { clients: TOO_MANY, forSeconds: seconds });
const alive = server.isAlive();
const kills = server.kills();
console.log(`peak ${server.peakMiB()} MiB of ${(limit / MIB).toFixed(0)}, ${alive ? 'alive' : 'DEAD'}, kills ${kills}`);
await server.stop();
process.exit(alive && kills === 0 && bad.every((count) => count === 0) ? 0 : 1);

interface Phase {
  readonly clients: number;
  readonly forSeconds: number;
  readonly shapes?: readonly number[];
}

/** Watches the server while clients are at it, and tells what was found. */
async function tell(what: string, { clients, forSeconds, shapes = SHAPES }: Phase): Promise<void> {
  const each = protocol === 'both' ? clients / 2 : clients;
  const facts: ClientsFacts = {
    ports,
    clients: { http: protocol === 'grpc' ? 0 : each, grpc: protocol === 'http' ? 0 : each },
    isRough,
    forSeconds,
    files,
    shapes,
  };
  const child = fork(fileURLToPath(new URL('serve/overload-clients.ts', import.meta.url)), [JSON.stringify(facts)]);
  // The clients have started with the usual one.
  setPriority(WATCHING_PRIORITY);
  const watching = watch(ports, readRequests(files));
  const found = await messageOf<ClientsFound>(child);
  const watched = await watching.stop();
  setPriority(0);
  const rows = (found.http.rows + found.grpc.rows) / forSeconds / (ROWS * capacity);
  console.log(`${what}, ${forSeconds} s: ${rows.toFixed(2)} of capacity by rows`);
  for (const name of ['http', 'grpc'] as const) if (facts.clients[name] > 0) tellTally(name, found[name]);
  for (const [kind, { right, wrong }] of Object.entries(found.rough)) {
    console.log(`  ${kind}: ${right} as it has to be, ${wrong} not`);
    bad.push(wrong);
  }
  tellWatched(watched);
}

function tellTally(name: Protocol, { answered, wrong, refused, other, lost }: Tally): void {
  console.log(
    `  ${name}: ${answered} answered, ${wrong} wrong, ${other} other, ${lost} lost, ${refused.count} refused (${tellTimes(refused)})`,
  );
  bad.push(wrong, other, lost);
}

function tellWatched({ http, grpc, refused }: Watched): void {
  console.log(`  health over HTTP: ${http.count} asked, ${tellTimes(http)}`);
  console.log(`  health over gRPC: ${grpc.count} asked, ${tellTimes(grpc)}`);
  if (refused.count > 0) console.log(`  more clients over HTTP: ${refused.count} refused, ${tellTimes(refused)}`);
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the clients ended with ${code}`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return message as T;
}
