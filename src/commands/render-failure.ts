import { EXIT, Failure } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';

/** What a person reads when work could not go on, and the exit code that goes with it. */
export function renderFailure(error: unknown, { verbose }: { verbose: boolean }): { text: string; exit: number } {
  if (error instanceof Failure) {
    const cause = verbose && error.cause ? `${stackOf(error.cause)}\n` : '';
    return { text: `error: ${error.message}\n  ${error.mend} [${error.code}]\n${cause}`, exit: error.exit };
  }
  const text = [
    `error: ${error instanceof Error ? error.message : String(error)}`,
    `  This is a defect of ${TOOL.name} ${TOOL.version}: please report it with the lines below.`,
    stackOf(error),
    '',
  ].join('\n');
  return { text, exit: EXIT.system };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
