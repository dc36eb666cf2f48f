import { EXIT, Failure } from '../../nouns/failure.ts';

interface Refusal {
  readonly code: string;
  readonly why: string;
  readonly mend: string;
}

const FULL: Refusal = {
  code: 'output/full',
  why: 'no room is left on that disk',
  mend: 'Free some disk space, or name a target on a larger disk.',
};
const NOT_WRITABLE: Refusal = {
  code: 'output/not-writable',
  why: 'this user may not write there',
  mend: 'Give this user the right to write there, or name another target with --output.',
};
const WRONG_KIND: Refusal = {
  code: 'output/wrong-kind',
  why: 'something else is in its place',
  mend: 'Name a target whose folders are folders and whose file is a file, or move away what is there.',
};

const VANISHED: Refusal = {
  code: 'output/no-folder',
  why: 'a folder on the way cannot be made, or has vanished',
  mend: 'Name a target in a folder that exists or can be made.',
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EFBIG: FULL,
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  ENOENT: VANISHED,
  ENOTDIR: WRONG_KIND,
  EISDIR: WRONG_KIND,
  EEXIST: WRONG_KIND,
  ENOTEMPTY: WRONG_KIND,
  ENAMETOOLONG: WRONG_KIND,
  ELOOP: WRONG_KIND,
};

/** Says a file system's refusal at the target as a Failure with its mend; anything else is given back as it is. */
export function asWriteFailure(error: unknown, target: string): unknown {
  const system = (error as { code?: unknown } | null | undefined)?.code;
  const refusal = typeof system === 'string' && !(error instanceof Failure) ? REFUSALS[system] : undefined;
  if (refusal === undefined) return error;
  return new Failure(`cannot write the image to ${target}: ${refusal.why} (${String(system)})`, {
    code: refusal.code,
    exit: EXIT.usage,
    mend: refusal.mend,
    cause: error,
  });
}
