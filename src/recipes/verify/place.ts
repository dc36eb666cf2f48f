import type { ImageVerdict } from '../../nouns/verdict.ts';
import type { ServerExit } from '../running-server.ts';
import type { Addresses } from './client.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import type { Start } from './watch-start.ts';

/** The image's server, started somewhere. */
export interface Place {
  readonly facts: ImageVerdict['place'];
  /** Where it answers; known once it is ready. */
  readonly addresses: () => Addresses;
  /** How its start goes. */
  readonly start: Promise<Start>;
  /** Starts another image in the same engine, under no limit; left out where there is none. */
  readonly startBeside?: (other: ImageUnderTest) => Promise<Place>;
  readonly exited: Promise<ServerExit>;
  /** The last lines that it wrote. */
  readonly log: () => readonly string[];
  /** Ends it and takes away all that was made for it; may be called any number of times. */
  readonly remove: () => Promise<void>;
}
