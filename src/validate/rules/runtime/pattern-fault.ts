/**
 * What RE2, which the runtime matches texts with, does not take in a regular expression; `null` where nothing is known to be wrong.
 * Source: RE2's table of syntax, and the runtime, which a test asks about each of these.
 */
export function patternFault(pattern: string): string | null {
  return new Scanner(pattern).fault();
}

/** Flags of Python, Java or Perl are none of RE2. */
const FLAGS = /^\(\?(?:[imsU]*(?:-[imsU]+)?)[:)]/;
const NAMED = /^\(\?P?<\w+>/;
const NO_GROUPS: readonly (readonly [string, string])[] = [
  ['(?=', 'a lookahead'],
  ['(?!', 'a negative lookahead'],
  ['(?<=', 'a lookbehind'],
  ['(?<!', 'a negative lookbehind'],
  ['(?>', 'an atomic group'],
  ['(?#', 'a comment'],
  ['(?(', 'a condition'],
  ['(?P=', 'a reference to a group'],
  ['(?P>', 'a recursion'],
];
/** Letters and digits that mean something behind a backslash; so does every sign. */
const ESCAPES =
  /^\\(?:[aftnrvAbBzdDsSwWCQE0]|[1-7][0-7]|x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]{1,6}\}|p\{\^?\w+\}|P\{\^?\w+\}|p[A-Z]|P[A-Z]|[^A-Za-z0-9])/su;
const REPEAT = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})\??/;
const MOST_REPEATS = 1000;

class Scanner {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  /** Whether what stands before can be repeated. */
  #canRepeat = false;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  fault(): string | null {
    while (this.#at < this.#pattern.length) {
      const fault = this.#step();
      if (fault !== null) return fault;
    }
    return this.#depth > 0 ? 'a group that is not closed' : null;
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #step(): string | null {
    const sign = this.#pattern[this.#at];
    if (sign === '\\') return this.#escape();
    if (sign === '[') return this.#class();
    if (sign === '(') return this.#open();
    if (sign === ')') return this.#close();
    const repeat = REPEAT.exec(this.#rest);
    if (repeat) return this.#repeat(repeat);
    this.#canRepeat = sign !== '|';
    this.#at += 1;
    return null;
  }

  #escape(): string | null {
    if (this.#rest.startsWith('\\Q')) {
      const end = this.#pattern.indexOf('\\E', this.#at);
      this.#at = end < 0 ? this.#pattern.length : end + 2;
      this.#canRepeat = true;
      return null;
    }
    const found = ESCAPES.exec(this.#rest)?.[0];
    if (found === undefined) return `the escape ${JSON.stringify(this.#rest.slice(0, 2))}`;
    this.#at += found.length;
    this.#canRepeat = true;
    return null;
  }

  #class(): string | null {
    let end = this.#at + 1;
    if (this.#pattern[end] === '^') end += 1;
    // A bracket that comes first is a sign like another.
    if (this.#pattern[end] === ']') end += 1;
    while (end < this.#pattern.length && this.#pattern[end] !== ']') {
      const named = /^\[:\^?\w+:\]/.exec(this.#pattern.slice(end))?.[0];
      end += named?.length ?? (this.#pattern[end] === '\\' ? 2 : 1);
    }
    if (end >= this.#pattern.length) return 'a character class that is not closed';
    this.#at = end + 1;
    this.#canRepeat = true;
    return null;
  }

  #open(): string | null {
    const rest = this.#rest;
    const missing = NO_GROUPS.find(([start]) => rest.startsWith(start));
    if (missing) return `${missing[1]}, ${missing[0]}`;
    const special = FLAGS.exec(rest)?.[0] ?? NAMED.exec(rest)?.[0];
    if (rest.startsWith('(?') && special === undefined) return `the group ${JSON.stringify(rest.slice(0, 4))}`;
    this.#at += special?.length ?? 1;
    if (!special?.endsWith(')')) this.#depth += 1;
    this.#canRepeat = false;
    return null;
  }

  #close(): string | null {
    if (this.#depth === 0) return 'a group that is closed and was not opened';
    this.#depth -= 1;
    this.#at += 1;
    this.#canRepeat = true;
    return null;
  }

  #repeat([text, least, most]: RegExpExecArray): string | null {
    if (!this.#canRepeat) return `${JSON.stringify(text)} with nothing to repeat`;
    this.#at += text.length;
    const [low, high] = [Number(least ?? 0), Number(most || (least ?? 0))];
    if (Math.max(low, high) > MOST_REPEATS) return `${JSON.stringify(text)}, more than ${MOST_REPEATS} repetitions`;
    if (high < low) return `${JSON.stringify(text)}, which asks for more than it allows`;
    const again = REPEAT.exec(this.#rest)?.[0];
    return again === undefined ? null : `${JSON.stringify(text + again)}, one repetition on another`;
  }
}
