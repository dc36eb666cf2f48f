import { quantile } from '../../nouns/quantile.ts';
import type { VerdictLoad } from '../../nouns/verdict.ts';

export type Round = VerdictLoad['rounds'][number];
export type Noise = VerdictLoad['noise'];

/** What became of the requests of a round, in milliseconds. */
export interface RoundFacts {
  /** From when a request was due until it was answered; infinite for one that failed. Not from when it was sent: waiting to be sent counts. */
  readonly latenciesMs: Float64Array;
  readonly failed: number;
  readonly rowsPerRequest: number;
  /** Until the last answer, or the end of the round where that is later. */
  readonly tookMs: number;
}

export function summariseRound({ latenciesMs, failed, rowsPerRequest, tookMs }: RoundFacts): Round {
  const sorted = latenciesMs.slice().sort();
  const answered = latenciesMs.length - failed;
  const at = (share: number) => finite(sorted.length === 0 ? 0 : quantile(sorted, share));
  return {
    requests: latenciesMs.length,
    failed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    largestMs: at(1),
    rowsPerSecond: (answered * rowsPerRequest * 1000) / tookMs,
  };
}

/** Documents have no word for what is infinite. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER;
}

/** How much of a limit the machine's own lateness may take before its numbers say nothing about the image. */
const TIMER_SHARE = 0.1;
const SENDING_SHARE = 0.25;
const LEAST_LATENESS_MS = 1;
/** A loop of fixed work that takes half as long again now and then shares its processor with others. */
const MOST_SPREAD = 0.5;

export function isNoisy({ timerP99Ms, spread, sendLateP99Ms }: Omit<Noise, 'isNoisy'>, limitMs: number): boolean {
  const timer = Math.max(LEAST_LATENESS_MS, TIMER_SHARE * limitMs);
  const sending = Math.max(LEAST_LATENESS_MS, SENDING_SHARE * limitMs);
  return timerP99Ms > timer || sendLateP99Ms > sending || spread > MOST_SPREAD;
}

/**
 * Noise only makes answers late. So what is within the limits passes on any machine; what is beyond them fails only in every round, and on a quiet
 * one, or where the machine's own lateness does not explain it.
 */
export function judgeLatency(
  rounds: readonly Round[],
  { limits, noise }: Pick<VerdictLoad, 'limits' | 'noise'>,
): VerdictLoad['outcome'] {
  const isWithin = ({ p50Ms, p99Ms }: Round) =>
    p99Ms <= (limits.p99Ms ?? Number.POSITIVE_INFINITY) && p50Ms <= (limits.p50Ms ?? Number.POSITIVE_INFINITY);
  if (rounds.every((round) => isBeyondNoise(round, { limits, noise }))) return 'fail';
  return judgeRounds(rounds, isWithin, noise);
}

/** Whether every second answer would miss its limit on a quiet machine too: this one's lateness taken away, and how much longer its work takes. */
function isBeyondNoise(
  { p50Ms }: Round,
  { limits, noise }: { readonly limits: VerdictLoad['limits']; readonly noise: Noise },
): boolean {
  const { timerP99Ms, sendLateP99Ms, spread } = noise;
  const quietMs = (p50Ms - timerP99Ms - sendLateP99Ms) / (1 + spread);
  return quietMs > (limits.p50Ms ?? limits.p99Ms ?? Number.POSITIVE_INFINITY);
}

/** Random arrivals are a little more or less than their rate. */
const OFFERED_SHARE = 0.95;

export function judgeThroughput(
  rounds: readonly Round[],
  { limits, noise }: Pick<VerdictLoad, 'limits' | 'noise'>,
): VerdictLoad['outcome'] {
  return judgeRounds(
    rounds,
    ({ rowsPerSecond }) => rowsPerSecond >= OFFERED_SHARE * (limits.rowsPerSecond ?? 0),
    noise,
  );
}

function judgeRounds(
  rounds: readonly Round[],
  isWithin: (round: Round) => boolean,
  { isNoisy: isLoud }: Noise,
): VerdictLoad['outcome'] {
  const within = rounds.filter(isWithin).length;
  if (within > rounds.length / 2) return 'pass';
  return within === 0 && !isLoud ? 'fail' : 'inconclusive';
}
