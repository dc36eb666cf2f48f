import type { Places } from './places.ts';
import { CODE, ConnectionError, LARGEST_STREAM_ID, protocolError } from './protocol.ts';
import { RecentIds } from './recent-ids.ts';
import type { Http2Stream } from './stream.ts';

/** Streams that each connection may have whatever the others have: health is asked for, too, while some client has opened all that it may. */
const OWN_PLACES = 4;

/** Streams that ended here before their clients knew; frames for them are on their way and no fault. */
const MOST_FORGIVEN = 1024;

export interface TableOptions {
  /** Most streams at once. */
  readonly streams: number;
  /** For those beyond a few, of all connections together. */
  readonly places: Places;
}

/** The streams of one connection: those that are open, and what is known of those that are not. */
export class StreamTable {
  /** The largest that a client has begun. */
  lastId = 0;
  /** Streams up to here are served. */
  #servedId = LARGEST_STREAM_ID;
  readonly #options: TableOptions;
  readonly #open = new Map<number, Http2Stream>();
  readonly #forgiven = new RecentIds(MOST_FORGIVEN);

  constructor(options: TableOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  get all(): Iterable<Http2Stream> {
    return this.#open.values();
  }

  get(id: number): Http2Stream | undefined {
    return this.#open.get(id);
  }

  /** Whether there is room for one more, which is then to be added. */
  takePlace(): boolean {
    const { size } = this.#open;
    const { streams, places } = this.#options;
    return size < streams && (size < OWN_PLACES || places.take());
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** Gives its place back; false where it was not there any more. */
  delete({ id }: Http2Stream): boolean {
    if (!this.#open.delete(id)) return false;
    if (this.#open.size >= OWN_PLACES) this.#options.places.give(1);
    return true;
  }

  clear(): void {
    this.#options.places.give(Math.max(0, this.#open.size - OWN_PLACES));
    this.#open.clear();
  }

  /** Serves none that begins from now on. */
  beginNoMore(): void {
    this.#servedId = this.lastId;
  }

  isServed(id: number): boolean {
    return id <= this.#servedId;
  }

  /** Frames for a stream that was ended here may yet come. */
  forgive(id: number): void {
    this.#forgiven.add(id);
  }

  /** Its client knows by now. */
  forgiveNoMore(id: number): void {
    this.#forgiven.delete(id);
  }

  /**
   * Frames for a stream that is over may have been on their way; for one that never was they may not.
   *
   * @throws ConnectionError
   */
  assertForgiven(id: number): void {
    this.assertBegun(id);
    if (this.isServed(id) && !this.#forgiven.has(id))
      throw new ConnectionError(CODE.streamClosed, `stream ${id} is closed`);
  }

  /**
   * Nothing is known of those that are not served any more.
   *
   * @throws ConnectionError
   */
  assertBegun(id: number): void {
    if (id === 0 || (id > this.lastId && this.isServed(id))) throw protocolError(`stream ${id} has not begun`);
  }
}
