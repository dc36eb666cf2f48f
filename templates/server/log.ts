/** One line of JSON on standard output: what operators and tests wait for. */
export function logEvent(event: string, facts: Readonly<Record<string, unknown>>): void {
  writeOut(`${JSON.stringify({ event, ...facts })}\n`);
}

export function writeOut(text: string): void {
  process.stdout.write(text);
}

/** One line on standard error: what somebody should look at. */
export function logProblem(message: string): void {
  process.stderr.write(`plimsoll: ${message}\n`);
}
