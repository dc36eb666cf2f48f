import type { PlatformFacts } from '../../../nouns/platform.ts';

/**
 * Whether a path of a package goes into the image. A list of what is kept, so that a shell, a package manager or a
 * set-user-id program cannot come along with a new version of a package: no path below a `bin` folder is on it. Left out are also
 * the converters of iconv (most of libc6), manuals, and debuggers' scripts.
 */
export function isKept(path: string, { multiarch }: Pick<PlatformFacts, 'multiarch'>): boolean {
  return (
    KEPT.some((pattern) => pattern.test(path)) ||
    // The libraries themselves, and none of the folders of plug-ins beside them.
    (path.startsWith(`usr/lib/${multiarch}/`) && isWantedLibrary(path.slice(`usr/lib/${multiarch}/`.length)))
  );
}

/**
 * Parts of the C library that neither Node nor the runtime links, and that serve debuggers, old name services and vector code of
 * other compilers.
 */
const UNWANTED_LIBRARY =
  /^lib(BrokenLocale|anl|c_malloc_debug|memusage|mvec|nsl|nss_compat|nss_hesiod|pcprofile|thread_db|util)[.-]/;

function isWantedLibrary(name: string): boolean {
  return !name.includes('/') && name !== '' && !UNWANTED_LIBRARY.test(name);
}

const KEPT: readonly RegExp[] = [
  // The links which make /usr the place of everything.
  /^(bin|sbin|lib|lib64)$/,
  // The program interpreter, by the names that programs know it by.
  /^usr\/lib(64)?\/ld-linux[^/]*$/,
  /^usr\/lib\/locale\/C\.utf8\//,
  /^(etc|usr\/lib)\/os-release$/,
  /^etc\/(debian_version|host\.conf|protocols|services|rpc|ethertypes)$/,
  /^usr\/share\/zoneinfo\//,
  // Scanners read licences here; some packages share another's by a link.
  /^usr\/share\/doc\/[^/]+(\/copyright)?$/,
  /^usr\/share\/common-licenses\//,
];

/** Root certificates, one to a file; they go into one bundle. */
export const CERTIFICATE = /^usr\/share\/ca-certificates\/.*\.crt$/;
