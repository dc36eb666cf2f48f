/** What the code may know of the machine it runs on; handed down from the door so that nothing inside reads globals. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** As `process.platform`. */
  readonly platform: NodeJS.Platform;
  /** As `process.arch`. */
  readonly cpu: string;
  readonly home: string;
  readonly workingFolder: string;
  readonly now: () => Date;
}

/** Every service for continuous integration sets it; people unset it by emptying it or by these words. */
export function isOnCi({ CI }: Machine['env']): boolean {
  return CI !== undefined && !['', '0', 'false'].includes(CI.toLowerCase());
}
