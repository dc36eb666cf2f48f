import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import { breakLines } from '../report/break-lines.ts';

/** A failure as machines read it. */
export interface ErrorValue {
  readonly error: {
    readonly code: string;
    readonly exit: ExitCode;
    readonly message: string;
    readonly mend: string;
    /** The trace of what caused it, where that is wanted. */
    readonly cause: string | null;
  };
}

export interface RenderedFailure {
  readonly text: string;
  readonly value: ErrorValue;
  readonly exit: ExitCode;
}

/** What is read when work could not go on, and the exit code that goes with it. */
export function renderFailure(
  error: unknown,
  { verbose, columns }: { readonly verbose: boolean; readonly columns?: number | undefined },
): RenderedFailure {
  const { code, exit, message, mend, cause } = factsOf(error, verbose);
  const trace = cause === null ? '' : `${cause}\n`;
  return {
    text: `${breakLines(`error: ${message}`, { columns, indent: '' })}${breakLines(`${mend}${code === DEFECT ? '' : ` [${code}]`}`, { columns })}${trace}`,
    value: { error: { code, exit, message, mend, cause } },
    exit,
  };
}

const DEFECT = 'internal/defect';

function factsOf(error: unknown, verbose: boolean): ErrorValue['error'] {
  if (error instanceof Failure) {
    const { code, exit, message, mend, cause } = error;
    return { code, exit, message, mend, cause: verbose && cause !== undefined ? stackOf(cause) : null };
  }
  return {
    code: DEFECT,
    exit: EXIT.system,
    message: error instanceof Error ? error.message : String(error),
    mend: `This is a defect of ${TOOL.name} ${TOOL.version}: please report it with the lines below.`,
    cause: stackOf(error),
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
