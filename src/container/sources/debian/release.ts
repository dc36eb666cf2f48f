import { type Digest, digestFromHex } from '../../../nouns/digest.ts';
import { EXIT, Failure } from '../../../nouns/failure.ts';
import { parseParagraph } from './paragraphs.ts';

/** What an archive says of a suite at a time, once its signature has been verified. */
export interface Release {
  readonly codename: string;
  readonly date: Date;
  readonly validUntil: Date | undefined;
  /** Index files by their path below the suite's folder. */
  readonly indexes: ReadonlyMap<string, IndexFile>;
}

export interface IndexFile {
  readonly digest: Digest;
  readonly bytes: number;
}

/** How far ahead of ours an archive's clock may be. */
const MAX_CLOCK_AHEAD_MS = 10 * 60 * 1000;

/** Reads the signed text of an `InRelease` file. Throws a Failure when it is not one. */
export function parseRelease(text: string, what: string): Release {
  const fields = parseParagraph(text);
  const codename = fields.get('Codename');
  const date = parseDate(fields.get('Date'));
  if (codename === undefined || date === undefined) throw badRelease(what, 'it has no Codename or no Date');
  return {
    codename,
    date,
    validUntil: parseDate(fields.get('Valid-Until')),
    indexes: new Map((fields.get('SHA256') ?? '').split('\n').flatMap(parseIndexLine)),
  };
}

/** Throws a Failure when an index is of another suite, from the future, or older than it may be. */
export function assertCurrent(
  release: Release,
  { codename, now, what, acceptExpired }: { codename: string; now: Date; what: string; acceptExpired: boolean },
): void {
  // One key signs many suites: without this, one of them could be passed off as another.
  if (release.codename !== codename) throw badRelease(what, `found the suite ${release.codename}, wanted ${codename}`);
  if (acceptExpired) return;
  if (release.date.getTime() > now.getTime() + MAX_CLOCK_AHEAD_MS) {
    throw new Failure(`${what} was made at ${release.date.toISOString()}, but it is ${now.toISOString()} here`, {
      code: 'debian/clock',
      exit: EXIT.usage,
      mend: "Set this machine's clock.",
    });
  }
  if (release.validUntil !== undefined && release.validUntil < now) {
    throw new Failure(
      `${what} was valid until ${release.validUntil.toISOString()}, and it is ${now.toISOString()} here`,
      {
        code: 'debian/expired-index',
        exit: EXIT.usage,
        mend: "Use a mirror that is kept up to date, or set this machine's clock. A lock that exists can be built without looking at the index.",
      },
    );
  }
}

function parseIndexLine(line: string): readonly [string, IndexFile][] {
  const match = /^([0-9a-f]{64})\s+(\d{1,12})\s+(\S+)$/.exec(line.trim());
  if (match === null) return [];
  const [, hex = '', bytes = '', path = ''] = match;
  return [[path, { digest: digestFromHex(hex), bytes: Number(bytes) }]];
}

function parseDate(text: string | undefined): Date | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}

function badRelease(what: string, why: string): Failure {
  return new Failure(`${what} is not the index that was wanted: ${why}`, {
    code: 'debian/bad-index',
    exit: EXIT.findings,
    mend: 'Check the mirror, or use another one.',
  });
}
