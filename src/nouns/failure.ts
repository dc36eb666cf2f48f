/** The exit codes of the command line; ARCHITECTURE.md explains each. */
export const EXIT = {
  passed: 0,
  findings: 1,
  usage: 2,
  lockDrift: 3,
  notReproducible: 4,
  system: 5,
  numeric: 6,
  inconclusive: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface FailureFacts {
  /** Stable identifier, `area/what`, for machines and for the documentation. */
  readonly code: string;
  readonly exit: ExitCode;
  /** What the user can do about it; one or more whole sentences. */
  readonly mend: string;
  readonly cause?: unknown;
}

/**
 * Work that cannot go on, said so that the reader can act: `message` is what failed, where, and what was found against
 * what was wanted; `mend` is what to do. Everything else that is thrown is a defect of this program.
 */
export class Failure extends Error {
  readonly code: string;
  readonly exit: ExitCode;
  readonly mend: string;

  constructor(message: string, facts: FailureFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'Failure';
    this.code = facts.code;
    this.exit = facts.exit;
    this.mend = facts.mend;
  }
}
