import { quantile } from '../../nouns/quantile.ts';
import type { RelativeSpeed, SpeedFacts } from '../../nouns/speed-facts.ts';

/** One round: how long a run took under each of the options, in milliseconds. */
export interface Round {
  readonly lean: number;
  readonly fast: number;
  readonly default: number;
}

/** Where the middle half of the rounds is wider than this share of the median, the machine was busy with something else. */
const WIDEST = 0.25;

/** Fewer say nothing. */
const FEWEST = 3;

/** Ratios to the default options of the same round: what slows the machine down slows down both. `null` for too few rounds. */
export function relativeSpeed(rounds: readonly Round[]): SpeedFacts | null {
  if (rounds.length < FEWEST) return null;
  return { rounds: rounds.length, profiles: [speedOf('lean', rounds), speedOf('fast', rounds)] };
}

function speedOf(profile: 'lean' | 'fast', rounds: readonly Round[]): RelativeSpeed {
  const ratios = rounds.map((round) => round[profile] / round.default).sort((a, b) => a - b);
  const [least, middle, most] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share)) as [number, number, number];
  return { profile, ratio: most - least > WIDEST * middle ? null : middle, least, most };
}
