import { RequestError } from '../request-error.ts';

/** Status codes of gRPC. */
export const STATUS = {
  OK: 0,
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** A refusal's status of HTTP as the one that gRPC has for the same fact. */
const BY_HTTP: Readonly<Record<number, number>> = {
  400: STATUS.INVALID_ARGUMENT,
  401: STATUS.UNAUTHENTICATED,
  404: STATUS.NOT_FOUND,
  408: STATUS.DEADLINE_EXCEEDED,
  413: STATUS.RESOURCE_EXHAUSTED,
  415: STATUS.UNIMPLEMENTED,
  422: STATUS.INVALID_ARGUMENT,
  429: STATUS.RESOURCE_EXHAUSTED,
  431: STATUS.RESOURCE_EXHAUSTED,
  499: STATUS.CANCELLED,
  501: STATUS.UNIMPLEMENTED,
  503: STATUS.UNAVAILABLE,
  504: STATUS.DEADLINE_EXCEEDED,
};

/** A message that is no message of gRPC: the client's fault, but its specification has a status for it that is else the server's. */
export class FramingError extends RequestError {
  constructor(message: string) {
    super(400, message);
  }
}

export function statusOf(error: RequestError): number {
  if (error instanceof FramingError) return STATUS.INTERNAL;
  return BY_HTTP[error.status] ?? STATUS.INTERNAL;
}

/** Longest message that goes into trailers: clients refuse headers beyond 8 KiB. */
const MESSAGE_LETTERS = 1500;

/** A message as `grpc-message` has it: bytes beyond printable ASCII, and the percent sign, as %XX. */
export function encodeMessage(message: string): string {
  const cut = message.length > MESSAGE_LETTERS ? `${message.slice(0, MESSAGE_LETTERS)}…` : message;
  return Buffer.from(cut)
    .toString('latin1')
    .replace(
      /[^\x20-\x24\x26-\x7e]/g,
      (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
