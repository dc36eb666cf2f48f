import { createReadStream } from 'node:fs';
import { type Digest, isDigest } from '../../../nouns/digest.ts';
import { EXIT, Failure } from '../../../nouns/failure.ts';
import { type Bytes, decompress } from '../decompress.ts';
import { type Paragraph, parseParagraph, splitParagraphs } from './paragraphs.ts';

/** A package as an archive's index describes it. */
export interface IndexedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly path: string;
  readonly bytes: number;
  readonly digest: Digest;
  /** The field `Depends` as it is. */
  readonly depends: string;
}

/** Trixie's main index unpacks to 57 MB; room for a few releases' growth. */
const MAX_INDEX_BYTES = 512 * 2 ** 20;

/** Above any package of the archive that an image could want. */
const MAX_PACKAGE_BYTES = 256 * 2 ** 20;

/** The longest names have some sixty letters. */
const MAX_NAME_LINE_BYTES = 200;

/** Reads an index file and keeps the packages that are wanted; the rest streams by. */
export async function readPackageIndex(
  path: string,
  options: { readonly name: string; readonly isWanted: (name: string) => boolean },
): Promise<readonly IndexedPackage[]> {
  const text = decompress(createReadStream(path), { name: options.name, maxBytes: MAX_INDEX_BYTES });
  return parsePackageIndex(text, { what: options.name, isWanted: options.isWanted });
}

/** As `readPackageIndex`, from text. */
export async function parsePackageIndex(
  text: Bytes,
  { what, isWanted }: { readonly what: string; readonly isWanted: (name: string) => boolean },
): Promise<readonly IndexedPackage[]> {
  const packages: IndexedPackage[] = [];
  for await (const paragraph of splitParagraphs(text, what)) {
    // Archives put the name first, so the rest of a paragraph need not be looked at.
    const name = /^\s*Package: *(\S+)/.exec(paragraph.toString('latin1', 0, MAX_NAME_LINE_BYTES))?.[1];
    if (name !== undefined && isWanted(name)) packages.push(packageOf(parseParagraph(paragraph.toString()), what));
  }
  return packages;
}

function packageOf(fields: Paragraph, what: string): IndexedPackage {
  const field = (name: string): string => fields.get(name) ?? '';
  const digest = `sha256:${field('SHA256')}`;
  const bytes = Number(field('Size'));
  const path = field('Filename');
  const sound =
    isDigest(digest) && Number.isInteger(bytes) && bytes > 0 && bytes <= MAX_PACKAGE_BYTES && isPoolPath(path);
  if (!sound || field('Version') === '' || field('Architecture') === '') {
    throw new Failure(
      `${what}: the paragraph of ${field('Package')} has no usable version, architecture, file, size or SHA-256`,
      {
        code: 'debian/bad-index',
        exit: EXIT.findings,
        mend: 'Use another mirror.',
      },
    );
  }
  return {
    name: field('Package'),
    version: field('Version'),
    architecture: field('Architecture'),
    path,
    bytes,
    digest,
    depends: field('Depends'),
  };
}

/** Whether a text is a plain path of a `.deb` below the archive's pool. */
export function isPoolPath(path: string): boolean {
  return /^pool(\/[A-Za-z0-9+~_-][A-Za-z0-9+~._-]*)+\.deb$/.test(path);
}
