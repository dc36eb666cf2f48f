import type { IndexedPackage } from './package-index.ts';

/** What the base of an image is made of, beside the compiler's base package. */
const BASE = [
  'base-files',
  'ca-certificates',
  'libc-bin',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
  'tzdata',
] as const;

/** Holds every locale but C.UTF-8, which libc-bin brings. */
export const LOCALES_PACKAGE = 'locales-all';

/** libgcc-s1 and libstdc++6 keep their licence in a package named after the compiler's version. */
const COMPILER_BASE = /^gcc-\d+-base$/;

/** Whether the index's entry for a package is worth keeping while it is read. */
export function isCandidate(name: string): boolean {
  return (BASE as readonly string[]).includes(name) || name === LOCALES_PACKAGE || COMPILER_BASE.test(name);
}

/**
 * Names of the packages of a base, in order. The compiler's base is the one that libgcc-s1 depends on; other dependencies
 * (debconf and openssl, for maintainer scripts) are not taken, since no script of a package runs.
 */
export function wantedNames(
  libgcc: Pick<IndexedPackage, 'depends'> | undefined,
  options: { readonly locales: readonly string[] },
): readonly string[] {
  const dependencies = (libgcc?.depends ?? '')
    .split(/[,|]/)
    .map((dependency) => dependency.trim().split(/[\s(:]/)[0] ?? '');
  const compilerBase = dependencies.filter((name) => COMPILER_BASE.test(name));
  const locales = options.locales.some(needsLocalesPackage) ? [LOCALES_PACKAGE] : [];
  return [...BASE, ...compilerBase, ...locales].sort();
}

/** The C library's own locales and C.UTF-8 are always there. */
export function needsLocalesPackage(locale: string): boolean {
  return !/^(C|POSIX|C\.utf-?8)$/i.test(locale);
}
