import { EXIT, Failure } from '../nouns/failure.ts';

const MENDS: Readonly<Record<string, { readonly code: string; readonly why: string; readonly mend: string }>> = {
  ...each(['ENOSPC', 'EDQUOT'], {
    code: 'cache/full',
    why: 'no room is left',
    mend: 'Free some disk space, or name a folder on a larger disk in the environment variable PLIMSOLL_CACHE.',
  }),
  ...each(['EACCES', 'EPERM'], {
    code: 'cache/not-allowed',
    why: 'permission was denied',
    mend: 'Give this user the right to write there, or name another folder in the environment variable PLIMSOLL_CACHE.',
  }),
  ...each(['EROFS'], {
    code: 'cache/read-only',
    why: 'the file system is read-only',
    mend: 'Name a folder that can be written in the environment variable PLIMSOLL_CACHE.',
  }),
  // What Node says of a folder on a read-only file system that is not there yet.
  ...each(['ENOENT'], {
    code: 'cache/no-folder',
    why: 'a folder on the way cannot be made, or has vanished',
    mend: 'Name a folder that exists or can be made in the environment variable PLIMSOLL_CACHE.',
  }),
  ...each(['ENOTDIR', 'EEXIST', 'ELOOP', 'ENAMETOOLONG', 'EINVAL'], {
    code: 'cache/not-a-folder',
    why: 'a part of that path is not a folder',
    mend: 'Name a folder that exists or can be made in the environment variable PLIMSOLL_CACHE.',
  }),
};

/** Says a file system's refusal in the cache as a Failure with its mend; anything else is given back as it is. */
export function asCacheFailure(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  const known = code === undefined ? undefined : MENDS[code];
  if (known === undefined) return error;
  return new Failure(`cannot write to the cache folder ${folder}: ${known.why} (${code})`, {
    code: known.code,
    exit: EXIT.usage,
    mend: known.mend,
    cause: error,
  });
}

/** The system's name for what went wrong, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function each<T>(codes: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(codes.map((code) => [code, value]));
}
