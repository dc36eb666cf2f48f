/** Under which the cache remembers what a published version of a package is. */
export function npmPackageKey({ name, version }: { readonly name: string; readonly version: string }): string {
  return `npm package ${name}@${version}`;
}
