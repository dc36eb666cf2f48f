import { createHash, timingSafeEqual } from 'node:crypto';
import { RequestError } from '../request-error.ts';
import { watchFiles } from './watched-file.ts';

/** Who may call. */
export interface Gate {
  /** @throws RequestError 401 where the `authorization` header has no token that is known */
  assertAllowed(authorization: string | undefined): void;
}

/** Most tokens of a file: each call is compared with all of them. */
const MOST_TOKENS = 1000;

/** What a header carries as it is, but for spaces. */
const HEADER_LETTERS = /^[!-~]+$/;

/** Shorter ones can be guessed. */
const LEAST_LETTERS = 16;

/**
 * A gate that knows the tokens of a file, one a line; empty lines and lines that begin with # are none. It is read again when it
 * changes.
 *
 * @throws Error that names the file, and never a token, where it cannot be used
 */
export function makeTokenGate(path: string, onProblem: (message: string) => void): Gate {
  let tokens: readonly Buffer[] = [];
  watchFiles([path], {
    use: ([content]) => {
      tokens = readTokens(content?.toString('utf8') ?? '', path);
    },
    onProblem: (message) => onProblem(`the tokens of ${path} cannot be read again; ${message}`),
  });
  return {
    assertAllowed(authorization) {
      const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
      if (token !== undefined && isKnown(token, tokens)) return;
      const why = authorization === undefined ? 'there is none' : 'the one given is not known';
      throw new RequestError(401, `wanted a bearer token in the authorization header; ${why}`, {
        'www-authenticate': 'Bearer',
      });
    },
  };
}

function readTokens(text: string, path: string): readonly Buffer[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (tokens.length === 0) throw new Error(`${path} has no token; wanted one a line`);
  if (tokens.length > MOST_TOKENS)
    throw new Error(`${path} has ${tokens.length} tokens; wanted at most ${MOST_TOKENS}`);
  const bad = tokens.findIndex((token) => token.length < LEAST_LETTERS || !HEADER_LETTERS.test(token));
  if (bad !== -1) {
    throw new Error(
      `token ${bad + 1} of ${path}: wanted at least ${LEAST_LETTERS} letters of ASCII and no space among them`,
    );
  }
  return tokens.map(digest);
}

/** Digests have one length, and all are compared: neither a token's length nor its place shows in the time. */
function isKnown(token: string, tokens: readonly Buffer[]): boolean {
  const found = digest(token);
  let known = false;
  for (const wanted of tokens) known = timingSafeEqual(found, wanted) || known;
  return known;
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
