import { readFile } from 'node:fs/promises';
import { EXIT, Failure } from '../nouns/failure.ts';
import { LOCK_SCHEMA, Lock, renderLock, sealLock } from '../nouns/lock.ts';
import { writeWhole } from './write-whole.ts';

/**
 * The lock at `file`, or `undefined` where there is none yet.
 * @throws Failure `lock/unreadable`, `lock/other-version`, `lock/invalid`, `lock/edited`.
 */
export async function readLock(file: string): Promise<Lock | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refuse(file, { code: 'unreadable', message: `cannot be read: ${(cause as Error).message}`, cause });
  }
  return parseLock(text, file);
}

/** The same for text that is at hand; `file` is for messages. */
export function parseLock(text: string, file: string): Lock {
  const json = parseJson(text, file);
  const schema = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined;
  if (typeof schema === 'string' && schema !== LOCK_SCHEMA) {
    throw refuse(file, {
      code: 'other-version',
      message: `was written as ${schema}; this version reads ${LOCK_SCHEMA}`,
    });
  }
  const result = Lock.safeParse(json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw refuse(file, { code: 'invalid', message: `is not a lock: ${issue?.path.join('.')}: ${issue?.message}` });
  }
  const lock = result.data;
  if (sealLock(lock).seal !== lock.seal) {
    throw refuse(file, {
      code: 'edited',
      message: 'was edited by hand or badly merged: its seal does not match its content',
    });
  }
  return lock;
}

export async function writeLock(file: string, lock: Lock): Promise<void> {
  await writeWhole(file, renderLock(lock));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuse(file, { code: 'invalid', message: `is not JSON: ${(cause as Error).message}`, cause });
  }
}

function refuse(file: string, facts: { code: string; message: string; cause?: unknown }): Failure {
  return new Failure(`${file} ${facts.message}`, {
    code: `lock/${facts.code}`,
    exit: EXIT.usage,
    mend: 'Restore it from version control, or delete it and run plimsoll package again to resolve anew.',
    cause: facts.cause,
  });
}
