/** One line of JSON on standard output: what operators and tests wait for. */
export function logEvent(event: string, facts: Readonly<Record<string, unknown>>): void {
  writeOut(`${JSON.stringify({ event, ...facts })}\n`);
}

export function writeOut(text: string): void {
  write(process.stdout, text);
}

/** One line on standard error: what somebody should look at. */
export function logProblem(message: string): void {
  write(process.stderr, `plimsoll: ${message}\n`);
}

/** Bytes that wait for a reader; beyond this lines are dropped: one that stands still must not fill the memory. */
const MOST_WAITING_BYTES = 2 ** 20;

/** A reader that has gone, or a disk that is full, is no reason to end while there are requests. */
function write(stream: NodeJS.WriteStream, text: string): void {
  if (stream.writableLength > MOST_WAITING_BYTES) return;
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  stream.write(text);
}
