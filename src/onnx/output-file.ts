import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const BUFFER_BYTES = 1024 * 1024;

/**
 * A file that appears whole or not at all: written under another name in the same folder, renamed by `commit`. Whoever
 * makes it calls `commit` or `discard`.
 */
export class OutputFile {
  readonly target: string;
  readonly #temporary: string;
  readonly #descriptor: number;
  #isCommitted = false;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  #isOpen = true;

  constructor(target: string) {
    this.target = target;
    this.#temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.part`);
    this.#descriptor = openSync(this.#temporary, 'wx', 0o666);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#written + this.#buffered;
  }

  readonly write = (chunk: Uint8Array): void => {
    if (this.#buffered + chunk.length > BUFFER_BYTES) this.#flush();
    if (chunk.length >= BUFFER_BYTES) {
      this.#writeAll(chunk);
      return;
    }
    this.#buffer.set(chunk, this.#buffered);
    this.#buffered += chunk.length;
  };

  /** Zeros up to `offset`. */
  fillTo(offset: number): void {
    for (let missing = offset - this.length; missing > 0; missing -= ZEROS.length) {
      this.write(ZEROS.subarray(0, Math.min(missing, ZEROS.length)));
    }
  }

  /** Ends the file; it still has its temporary name. */
  finish(): void {
    if (!this.#isOpen) return;
    this.#flush();
    closeSync(this.#descriptor);
    this.#isOpen = false;
  }

  commit(): void {
    this.finish();
    renameSync(this.#temporary, this.target);
    this.#isCommitted = true;
  }

  /** Removes what is not committed. */
  discard(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
    if (!this.#isCommitted) rmSync(this.#temporary, { force: true });
  }

  #flush(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done);
    this.#written += bytes.length;
  }
}

const ZEROS = new Uint8Array(4096);
