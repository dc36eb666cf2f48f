import { EXIT, Failure } from '../../nouns/failure.ts';

/** The failure of a file or folder that is no case. */
export function refuseCase(
  path: string,
  facts: { readonly code: 'missing' | 'empty' | 'invalid'; readonly message: string; readonly cause?: unknown },
): Failure {
  return new Failure(`${path} ${facts.message}`, {
    code: `cases/${facts.code}`,
    exit: EXIT.usage,
    mend: 'Write cases as docs/cases.md shows, or leave the key "cases" out of plimsoll.yaml.',
    cause: facts.cause,
  });
}

/** The same for what cannot be had from the system. */
export function unreadableCase(path: string, cause: unknown): Failure {
  const { code, message } = cause as NodeJS.ErrnoException;
  return refuseCase(path, { code: 'missing', message: `cannot be read: ${code ?? message}`, cause });
}
