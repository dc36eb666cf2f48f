/** What a server wants to see before it answers, as the header `WWW-Authenticate` says it (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By name in lower case: `realm`, `service`, `scope`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A token, then either `=` with a value, which makes it a parameter, or nothing, which makes it the name of a scheme. */
const PART = /\s*,?\s*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gy;

/** No server has more to say than this. */
const MAX_HEADER_LENGTH = 8192;

/** Every challenge of the header's values, in order; what cannot be read ends the list. */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = [header ?? []].flat().join(', ').slice(0, MAX_HEADER_LENGTH);
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [, word = '', quoted, plain] of text.matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    const last = challenges.at(-1);
    if (value === undefined) challenges.push({ scheme: word.toLowerCase(), parameters: Object.create(null) });
    else if (last) last.parameters[word.toLowerCase()] = value;
  }
  return challenges;
}
