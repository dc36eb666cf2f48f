import type { ProfileName } from './memory-facts.ts';

/** How long runs of a profile take, as a multiple of the same runs under the runtime's default options, on one machine at one time. */
export interface RelativeSpeed {
  readonly profile: ProfileName;
  /** The median of all rounds; `null` where these lie too far apart to say. */
  readonly ratio: number | null;
  /** The middle half of the rounds lies between. */
  readonly least: number;
  readonly most: number;
}

/** What timing the profiles against each other came to. */
export interface SpeedFacts {
  /** In which each of them ran in turn. */
  readonly rounds: number;
  readonly profiles: readonly RelativeSpeed[];
}
