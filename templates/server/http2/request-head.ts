import { keepShape } from '../keep-shape.ts';
import { type Field, KIND } from './field.ts';

/** Where something in a head is not as HTTP has it. */
type Flaw = string | undefined;

/** A request's head, as far as anything here looks at it; fields that come twice count once, as they came first. */
export class RequestHead {
  method: string | undefined;
  path: string | undefined;
  scheme: string | undefined;
  authority: string | undefined;
  contentType: string | undefined;
  authorization: string | undefined;
  traceparent: string | undefined;
  /** `grpc-encoding` */
  encoding: string | undefined;
  /** `grpc-accept-encoding` */
  acceptEncoding: string | undefined;
  /** `grpc-timeout` */
  timeout: string | undefined;
  /** Bytes of the body, where the head says how many. */
  contentLength: number | undefined;
  /** Whether there was more than is taken; what came after it has been left out. */
  isTooLarge = false;
  flaw: Flaw;
  #bytes = 0;
  #hasPlainFields = false;
  readonly #limitBytes: number;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(field: Field): void {
    this.#bytes += field.bytes;
    if (this.#bytes > this.#limitBytes) {
      this.isTooLarge = true;
      return;
    }
    const { kind, value } = field;
    if (kind >= KIND.method && kind <= KIND.authority) this.#addPseudo(kind, value);
    else {
      this.#hasPlainFields = true;
      if (kind !== KIND.other) this.#addPlain(field);
    }
  }

  /** The head is whole: what is wrong with it, if anything is. */
  finish(): Flaw {
    if (this.flaw !== undefined || this.isTooLarge) return this.flaw;
    if (this.method === undefined || this.scheme === undefined || !this.path) {
      this.flaw = 'wanted :method, :scheme and :path';
    }
    return this.flaw;
  }

  /** The same for what follows a body. */
  finishTrailers(): Flaw {
    const hasPseudo = this.method ?? this.scheme ?? this.path ?? this.authority;
    return hasPseudo === undefined ? this.flaw : 'a field that begins with a colon stands behind the body';
  }

  #addPseudo(kind: number, value: string): void {
    if (this.#hasPlainFields) this.flaw = 'a field that begins with a colon stands behind one that does not';
    if (kind === KIND.method) this.method = this.#once(this.method, value);
    else if (kind === KIND.path) this.path = this.#once(this.path, value);
    else if (kind === KIND.scheme) this.scheme = this.#once(this.scheme, value);
    else this.authority = this.#once(this.authority, value);
  }

  #once(before: string | undefined, value: string): string {
    if (before !== undefined) this.flaw = 'a field that begins with a colon is there twice';
    return value;
  }

  #addPlain({ kind, name, value }: Field): void {
    if (kind === KIND.contentType) this.contentType ??= value;
    else if (kind === KIND.encoding) this.encoding ??= value;
    else if (kind === KIND.timeout) this.timeout ??= value;
    else if (kind === KIND.acceptEncoding) this.acceptEncoding ??= value;
    else if (kind === KIND.authorization) this.authorization ??= value;
    else if (kind === KIND.traceparent) this.traceparent ??= value;
    else if (kind === KIND.contentLength && /^\d{1,15}$/.test(value)) this.contentLength ??= Number(value);
    else this.flaw = `field "${name.slice(0, 100)}" may not be, or not with this value`;
  }
}

keepShape(new RequestHead(0));
