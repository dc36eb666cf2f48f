/** One line of JSON on standard output: what operators and tests wait for. */
export function logEvent(event: string, facts: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

/** One line on standard error: what somebody should look at. */
export function logProblem(message: string): void {
  process.stderr.write(`plimsoll: ${message}\n`);
}
