import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { changedFile } from '../nouns/changed-file.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { truncated } from './read-failures.ts';

/** Which file it is, so that a later read can tell whether it is still the same. */
export interface FileIdentity {
  readonly path: string;
  readonly bytes: number;
  readonly inode: number;
  readonly modifiedMs: number;
}

/** Without waiting for the other end of a pipe, and without taking a terminal. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A regular file open for reading at any place. Whoever opens it closes it. */
export class SourceFile {
  readonly identity: FileIdentity;
  readonly #descriptor: number;

  private constructor(identity: FileIdentity, descriptor: number) {
    this.identity = identity;
    this.#descriptor = descriptor;
  }

  /** Opens a regular file and nothing else: a pipe, device or folder is refused before it can block or act. */
  static open(path: string): SourceFile {
    const seen = attempt(path, () => statSync(path));
    if (!seen.isFile()) throw notRegular(path, seen);
    return SourceFile.#opened(path);
  }

  /** Opens a file that was read before; throws `onnx/changed` where another one has taken its place. */
  static reopen(identity: FileIdentity): SourceFile {
    const file = SourceFile.#opened(identity.path);
    const now = file.identity;
    const same = now.bytes === identity.bytes && now.inode === identity.inode && now.modifiedMs === identity.modifiedMs;
    if (same) return file;
    file.close();
    throw changedFile(identity.path);
  }

  static #opened(path: string): SourceFile {
    const descriptor = attempt(path, () => openSync(path, OPEN_FLAGS));
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      closeSync(descriptor);
      throw notRegular(path, stats);
    }
    const identity = { path, bytes: stats.size, inode: stats.ino, modifiedMs: stats.mtimeMs };
    return new SourceFile(identity, descriptor);
  }

  /** Opens, hands over, and closes whatever happens. */
  static using<T>(identity: FileIdentity, work: (file: SourceFile) => T): T {
    const file = SourceFile.reopen(identity);
    try {
      return work(file);
    } finally {
      file.close();
    }
  }

  /** Fills `target` from `offset`; throws `onnx/truncated` where the file has fewer bytes. */
  fill(target: Uint8Array, offset: number): void {
    let done = 0;
    while (done < target.length) {
      const count = readSync(this.#descriptor, target, done, target.length - done, offset + done);
      if (count === 0) {
        const { path, bytes } = this.identity;
        throw truncated(path, { offset, wanted: target.length, left: Math.max(0, bytes - offset) });
      }
      done += count;
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new Failure(`There is no file ${path}`, {
        code: 'onnx/missing',
        exit: EXIT.usage,
        mend: 'Check the path, and that the model was exported or downloaded.',
        cause,
      });
    }
    throw new Failure(`${path} cannot be opened: ${(cause as Error).message}`, {
      code: 'onnx/unreadable',
      exit: EXIT.usage,
      mend: 'Check the permissions of the file and of its folder.',
      cause,
    });
  }
}

function notRegular(path: string, stats: Stats): Failure {
  const kind = stats.isDirectory()
    ? 'a folder'
    : stats.isFIFO()
      ? 'a pipe'
      : stats.isSocket()
        ? 'a socket'
        : 'a device';
  return new Failure(`${path} is ${kind}; wanted a regular file`, {
    code: 'onnx/not-a-file',
    exit: EXIT.usage,
    mend: 'Give the path of the .onnx file itself.',
  });
}
