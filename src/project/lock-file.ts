import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { EXIT, Failure } from '../nouns/failure.ts';
import { LOCK_SCHEMA, Lock, renderLock, sealLock } from '../nouns/lock.ts';
import { ASSEMBLER, whyNotAssembled } from '../nouns/tool.ts';
import { writeWhole } from './write-whole.ts';

/**
 * The lock at `file`, or `undefined` where there is none yet.
 * @throws Failure `lock/unreadable`, `lock/other-version`, `lock/assembler` for one of an older assembler, whose form it has, `lock/conflict`, `lock/invalid`, `lock/edited`.
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
  // Git's own markers; a lock has none, since its lines begin with blanks and braces.
  if (/^(<{7}|={7}|>{7})/m.test(text)) {
    throw refuse(file, { code: 'conflict', message: 'has a merge conflict in it' });
  }
  const json = parseJson(text.replace(/^\uFEFF/, ''), file);
  const schema = typeof json === 'object' && json !== null && 'schema' in json ? json.schema : undefined;
  if (typeof schema === 'string' && schema !== LOCK_SCHEMA) {
    throw refuse(file, {
      code: 'other-version',
      message: `was written as ${schema}; this version reads ${LOCK_SCHEMA}`,
    });
  }
  const result = Lock.safeParse(json);
  // What an older assembler wrote down is less than what this one needs.
  const assembler = assemblerOf(json);
  if (!result.success && assembler !== undefined && assembler !== ASSEMBLER)
    throw refuse(file, { code: 'assembler', message: whyNotAssembled(assembler) });
  if (!result.success) throw refuse(file, { code: 'invalid', message: `is not a lock: ${issueOf(result.error)}` });
  const lock = result.data;
  if (sealLock(lock).seal !== lock.seal) {
    throw refuse(file, {
      code: 'edited',
      message: 'was edited by hand or badly merged: its seal does not match its content',
    });
  }
  return lock;
}

/** @throws Failure `output/unwritable`. */
export async function writeLock(file: string, lock: Lock): Promise<void> {
  await writeWhole(file, renderLock(lock));
}

function assemblerOf(json: unknown): number | undefined {
  const found = typeof json === 'object' && json !== null && 'assembler' in json ? json.assembler : undefined;
  return typeof found === 'number' && Number.isSafeInteger(found) && found > 0 ? found : undefined;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Some of the engine's messages quote the text, line ends and all.
    const why = (cause as Error).message.replace(/\s+/g, ' ');
    throw refuse(file, { code: 'invalid', message: `is not JSON: ${why}`, cause });
  }
}

function issueOf({ issues }: z.ZodError): string {
  const { path = [], message = '' } = issues[0] ?? {};
  return path.length === 0 ? message : `${path.join('.')}: ${message}`;
}

const MENDS: Readonly<Record<string, string>> = {
  unreadable: 'See that it is a file which this user may read.',
  conflict:
    'Take one side whole (git checkout --ours or --theirs, and the name of the lock), and run plimsoll package again: it moves what has to move.',
  assembler:
    'Build by it with the release that wrote it, which the changelog names, or delete it and run plimsoll lock: every layer moves then.',
  'other-version':
    'Use the version of plimsoll that wrote it, or delete it and run plimsoll package again to resolve anew.',
};

function refuse(file: string, facts: { code: string; message: string; cause?: unknown }): Failure {
  return new Failure(`${file} ${facts.message}`, {
    code: `lock/${facts.code}`,
    exit: EXIT.usage,
    mend:
      MENDS[facts.code] ??
      'Restore it from version control, or delete it and run plimsoll package again to resolve anew.',
    cause: facts.cause,
  });
}
