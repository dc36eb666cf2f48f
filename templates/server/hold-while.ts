/** Does work in one go, or in turns where it gives what settles once it is over, and gives back what is held for it when it is, or has failed. */
export function holdWhile(work: () => Promise<void> | undefined, release: () => void): void {
  let working: Promise<void> | undefined;
  try {
    working = work();
  } finally {
    if (working === undefined) release();
    else void working.finally(release);
  }
}
