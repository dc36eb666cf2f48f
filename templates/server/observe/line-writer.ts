/** Lines that wait for their turn; beyond this they are dropped: a reader that stands still must not fill the memory. */
const MOST_LINES = 10_000;

/** Writes lines together, once a turn of the loop: one call of the system for each line would cost as much as the request. */
export function makeLineWriter(write: (text: string) => void): (line: string) => void {
  let lines: string[] = [];
  const flush = (): void => {
    const text = lines.join('\n');
    lines = [];
    write(`${text}\n`);
  };
  return (line) => {
    if (lines.length === MOST_LINES) return;
    if (lines.push(line) === 1) setImmediate(flush);
  };
}
