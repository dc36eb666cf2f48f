import { digestOfFile } from '../cache/digest-of-file.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import type { Digest } from '../nouns/digest.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';

type Place = string | GatheredFile;

/** Digests of files that may be asked for later, or not at all. */
export class Measuring {
  readonly #begun = new Map<string, Promise<Digest>>();
  readonly #digestOf: (place: Place) => Promise<Digest>;

  constructor(digestOf: (place: Place) => Promise<Digest> = digestOfFile) {
    this.#digestOf = digestOf;
  }

  /** Other bytes may have been at these places before, but not of what was gathered from the same ranges. */
  begin(places: readonly Place[]): void {
    const before = new Map(this.#begun);
    this.#begun.clear();
    for (const place of places) {
      const key = keyOf(place);
      const measured = (typeof place === 'string' ? undefined : before.get(key)) ?? this.#digestOf(place);
      // What fails is told to whoever asks for it.
      measured.catch(() => {});
      this.#begun.set(key, measured);
    }
  }

  of(place: Place): Promise<Digest> {
    return this.#begun.get(keyOf(place)) ?? this.#digestOf(place);
  }
}

/** Canonical, since ranges that were written down and read again have their fields in another order. */
function keyOf(place: Place): string {
  return typeof place === 'string' ? place : canonicalJson(place as unknown as Json);
}
