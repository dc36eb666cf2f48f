import type { LockedDebianPackage } from '../../../nouns/lock.ts';
import type { DebianMirrors } from './mirrors.ts';

/** The Debian release that images are based on. */
export const RELEASE = 'trixie';

export type Archive = LockedDebianPackage['archive'];

export interface Suite {
  readonly archive: Archive;
  /** Its folder below `dists/`, and what its index must call itself. */
  readonly codename: string;
  readonly mirrorsOf: (mirrors: DebianMirrors) => readonly string[];
}

/** Point releases come to main, time zones to updates, fixes to security: the newest of all three is wanted. */
export const SUITES: readonly Suite[] = [
  { archive: 'main', codename: RELEASE, mirrorsOf: (mirrors) => mirrors.archive },
  { archive: 'updates', codename: `${RELEASE}-updates`, mirrorsOf: (mirrors) => mirrors.archive },
  { archive: 'security', codename: `${RELEASE}-security`, mirrorsOf: (mirrors) => mirrors.security },
];

/** The mirrors that have a package of an archive. */
export function mirrorsOf(archive: Archive, mirrors: DebianMirrors): readonly string[] {
  return archive === 'security' ? mirrors.security : mirrors.archive;
}
