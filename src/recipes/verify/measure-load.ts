import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../../nouns/config.ts';
import { quantile } from '../../nouns/quantile.ts';
import type { VerdictLoad } from '../../nouns/verdict.ts';
import { arrivals } from '../../verify/load/arrivals.ts';
import {
  isNoisy,
  judgeLatency,
  judgeThroughput,
  type Noise,
  type Round,
  summariseRound,
} from '../../verify/load/judge-load.ts';
import type { Tensors } from '../../verify/rows.ts';
import type { Client } from './client.ts';
import { type Body, encodeRequest } from './wire/rest.ts';

const ROUNDS = 3;
const WARM_UP_SECONDS = 1;
/** A hundredth of a round's requests has to be some. */
const WANTED_REQUESTS = 1000;
const LEAST_SECONDS = 2;
const MOST_SECONDS = 10;
/** What a throughput is measured by is late by this at the most. */
const THROUGHPUT_LIMIT_MS = 20;

interface LoadFacts {
  readonly client: Client;
  /** Makes a request of so many rows, one of several. */
  readonly requestOf: (rows: number, at: number) => Tensors;
  readonly signal: AbortSignal | undefined;
}

/** Holds the image to its budgets of time with requests that come when they are due, whether or not others were answered. */
export async function measureLoad(
  { latency, throughput }: Config['budget'],
  facts: LoadFacts,
): Promise<readonly VerdictLoad[]> {
  const wanted: Budget[] = [];
  if (latency)
    wanted.push({
      budget: 'latency',
      rowsPerSecond: latency.at,
      rows: latency.rows,
      limits: { p50Ms: latency.p50Ms ?? null, p99Ms: latency.p99Ms, rowsPerSecond: null },
    });
  if (throughput)
    wanted.push({
      budget: 'throughput',
      rowsPerSecond: throughput.rowsPerSecond,
      rows: throughput.rows,
      limits: { p50Ms: null, p99Ms: null, rowsPerSecond: throughput.rowsPerSecond },
    });
  const loads: VerdictLoad[] = [];
  for (const budget of wanted) loads.push(await measureBudget(budget, facts));
  return loads;
}

interface Budget extends Pick<VerdictLoad, 'budget' | 'rowsPerSecond' | 'limits'> {
  readonly rows: number;
}

const DISTINCT = 16;

async function measureBudget({ budget, rowsPerSecond, rows, limits }: Budget, facts: LoadFacts): Promise<VerdictLoad> {
  const bodies = Array.from({ length: DISTINCT }, (_, at) => encodeRequest(facts.requestOf(rows, at), 'json'));
  const perSecond = rowsPerSecond / rows;
  const machine = await calibrate();
  await runRound({ perSecond, seconds: WARM_UP_SECONDS, seed: 0, bodies, rows }, facts);
  const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, WANTED_REQUESTS / perSecond));
  const rounds: Round[] = [];
  let sendLateP99Ms = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    facts.signal?.throwIfAborted();
    const run = await runRound({ perSecond, seconds, seed: round, bodies, rows }, facts);
    rounds.push(run.round);
    sendLateP99Ms = Math.max(sendLateP99Ms, run.sendLateP99Ms);
  }
  const limitMs = limits.p99Ms ?? THROUGHPUT_LIMIT_MS;
  const measured = { ...machine, sendLateP99Ms };
  const noise: Noise = { ...measured, isNoisy: isNoisy(measured, limitMs) };
  const judge = budget === 'latency' ? judgeLatency : judgeThroughput;
  return {
    budget,
    rowsPerSecond,
    rowsPerRequest: rows,
    rounds,
    limits,
    noise,
    outcome: judge(rounds, { limits, noise }),
  };
}

interface RoundOptions {
  readonly perSecond: number;
  readonly seconds: number;
  readonly seed: number;
  readonly bodies: readonly Body[];
  readonly rows: number;
}

/** Timers are late by a fraction of a millisecond; what is due within it goes now. */
const EARLY_MS = 0.3;

async function runRound(
  { perSecond, seconds, seed, bodies, rows }: RoundOptions,
  { client, signal }: LoadFacts,
): Promise<{ readonly round: Round; readonly sendLateP99Ms: number }> {
  const due = arrivals({ perSecond, seconds, seed });
  const latenciesMs = new Float64Array(due.length);
  const late = new Float64Array(due.length);
  const begun = performance.now();
  let failed = 0;
  const answers: Promise<void>[] = [];
  for (let at = 0; at < due.length; at++) {
    const wait = (due[at] as number) - (performance.now() - begun);
    if (wait > EARLY_MS) await pause(wait);
    if (signal?.aborted) break;
    late[at] = Math.max(0, performance.now() - begun - (due[at] as number));
    answers.push(
      client.send(bodies[at % bodies.length] as Body).then((status) => {
        latenciesMs[at] = status === 200 ? performance.now() - begun - (due[at] as number) : Number.POSITIVE_INFINITY;
        if (status !== 200) failed += 1;
      }),
    );
  }
  await Promise.all(answers);
  const tookMs = Math.max(seconds * 1000, performance.now() - begun);
  const round = summariseRound({ latenciesMs, failed, rowsPerRequest: rows, tookMs });
  return { round, sendLateP99Ms: due.length === 0 ? 0 : quantile(late.sort(), 0.99) };
}

const TIMERS = 200;
const TIMER_MS = 2;
const LOOPS = 60;
const LOOP_BYTES = 2 ** 20;

/** How late timers fire, and how much longer the slowest tenth of a fixed piece of work takes than the median. */
async function calibrate(): Promise<Pick<Noise, 'timerP99Ms' | 'spread'>> {
  const late = new Float64Array(TIMERS);
  for (let at = 0; at < TIMERS; at++) {
    const begun = performance.now();
    await pause(TIMER_MS);
    // A timer counts whole milliseconds, and may begin in the middle of one.
    late[at] = Math.max(0, performance.now() - begun - TIMER_MS - 1);
  }
  const bytes = new Uint8Array(LOOP_BYTES);
  const loops = new Float64Array(LOOPS);
  for (let at = 0; at < LOOPS; at++) {
    const begun = performance.now();
    createHash('sha256').update(bytes).digest();
    loops[at] = performance.now() - begun;
  }
  loops.sort();
  return { timerP99Ms: quantile(late.sort(), 0.99), spread: quantile(loops, 0.9) / quantile(loops, 0.5) - 1 };
}
