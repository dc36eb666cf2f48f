import { randomFillSync } from 'node:crypto';

/** Where a request stands in a trace, by W3C Trace Context. */
export interface TraceContext {
  readonly traceId: string;
  /** This server's own part. */
  readonly spanId: string;
  /** The part that called; `undefined` where the trace begins here. */
  readonly parentSpanId: string | undefined;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Goes on with the trace that a `traceparent` header tells, or begins one where there is none that can be read (section 4.3). */
export function continueTrace(header: string | undefined): TraceContext {
  const [, version, traceId = '', parentSpanId = '', flags = '', rest] = TRACEPARENT.exec(header ?? '') ?? [];
  const isValid =
    version !== undefined &&
    version !== 'ff' &&
    !(version === '00' && rest !== undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(parentSpanId);
  if (!isValid) return { traceId: randomHex(16), spanId: randomHex(8), parentSpanId: undefined, isSampled: true };
  return { traceId, spanId: randomHex(8), parentSpanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function renderTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** Random bytes are drawn from the system by the block: a call for each request costs more than all the rest of its trace. */
const block = Buffer.alloc(4096);
let used = block.length;

export function randomHex(bytes: number): string {
  if (used + bytes > block.length) {
    randomFillSync(block);
    used = 0;
  }
  used += bytes;
  return block.toString('hex', used - bytes, used);
}
