import type { Phase } from '../inference.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import type { Call } from './call.ts';
import type { Method } from './methods.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;

/** How often a watched status is looked at. */
const LOOK_MS = 100;

export interface HealthParts {
  readonly phase: () => Phase;
  /** Services that have a status of their own, next to the whole server's, which is the empty name. */
  readonly services: readonly string[];
}

/** The standard health service, `grpc.health.v1.Health`. */
export function healthMethods({ phase, services }: HealthParts): readonly (readonly [string, Method])[] {
  const known = new Set(['', ...services]);
  const status = (): number => (phase() === 'ready' ? SERVING : NOT_SERVING);
  const statusOf = (service: string): number => (known.has(service) ? status() : SERVICE_UNKNOWN);
  const check: Method = {
    kind: 'unary',
    accept(message, call) {
      const service = serviceOf(message);
      if (!known.has(service)) throw new RequestError(404, `unknown service "${service}"`);
      call.reply([response(status())]);
    },
  };
  const watch: Method = {
    kind: 'unary',
    accept(message, call) {
      const service = serviceOf(message);
      follow(call, () => statusOf(service));
    },
  };
  const list: Method = {
    kind: 'unary',
    accept(_, call) {
      const writer = new WireWriter();
      for (const service of known)
        writer.span(1, new WireWriter().text(1, service).span(2, response(status())).finish());
      call.reply([writer.finish()]);
    },
  };
  return [
    ['/grpc.health.v1.Health/List', list],
    ['/grpc.health.v1.Health/Check', check],
    ['/grpc.health.v1.Health/Watch', watch],
  ];
}

/** Sends the status, and again whenever it has changed, until the client goes or the server. */
function follow(call: Call, statusOf: () => number): void {
  let last = statusOf();
  call.send([response(last)]);
  const look = (): void => {
    if (!call.isWaiting()) {
      clearInterval(timer);
      return;
    }
    const now = statusOf();
    if (now === last) return;
    last = now;
    call.send([response(now)]);
  };
  const timer = setInterval(look, LOOK_MS).unref();
  call.onLeave = () => {
    look();
    call.fail(new RequestError(503, 'the server is stopping'));
  };
}

function serviceOf(message: Buffer): string {
  const reader = new WireReader(message);
  let service = '';
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) service = reader.text('service', DEFAULT_LIMITS.stringBytes);
    else reader.skip();
  }
  return service;
}

function response(status: number): Buffer {
  return new WireWriter().integer(1, status).finish();
}
