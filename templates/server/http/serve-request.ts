import type { Gate } from '../access/tokens.ts';
import { RequestError } from '../request-error.ts';
import { findRoute, type Routes } from '../router.ts';
import { BodyCollector, type BodyFacts, type BodyLimits, readBodyFacts } from './body.ts';
import { type CallerOptions, HttpCaller } from './caller.ts';
import type { Exchange, Meaning, RequestHead } from './exchange.ts';

export interface ServeOptions extends CallerOptions {
  readonly routes: Routes;
  readonly body: BodyLimits;
  /** Who may call; `undefined` for everybody. */
  readonly gate: Gate | undefined;
}

/**
 * Begins with a request whose head has come in; gives what is to be fed its body, or `undefined` where nobody wants that. `assertHead`
 * throws a RequestError where the head is one that cannot be served.
 */
export function serveRequest(
  exchange: Exchange,
  options: ServeOptions,
  assertHead?: () => void,
): BodyCollector | undefined {
  const caller = new HttpCaller(exchange, options);
  const { head } = exchange;
  try {
    assertHead?.();
    if (options.gate && !isPublic(head.target)) options.gate.assertAllowed(head.headers.authorization);
    const { route, body } = understand(head, options.routes);
    if (route.method === 'GET') {
      caller.answer(route.answer());
      return undefined;
    }
    route.assertOpen();
    return new BodyCollector(body, options.body, {
      readEarly: route.readEarly,
      done(outcome) {
        try {
          if (outcome instanceof RequestError) throw outcome;
          return route.accept(outcome, caller);
        } catch (error) {
          caller.fail(error);
          return undefined;
        }
      },
    });
  } catch (error) {
    caller.fail(error);
    return undefined;
  }
}

/** What needs no token: orchestrators' probes have none, and the page holds no facts of the model. */
const PUBLIC: ReadonlySet<string> = new Set(['/', '/v2/health/live', '/v2/health/ready']);

function isPublic(target: string): boolean {
  return PUBLIC.has(target.split('?', 1)[0] ?? '');
}

const NO_BODY: BodyFacts = { declaredBytes: 0, coding: undefined, jsonBytes: undefined };

/** @throws RequestError 400, 404, 405 or 415 */
function understand(head: RequestHead, routes: Routes): Meaning {
  if (head.meaning) return head.meaning;
  const route = findRoute(routes, head.method, head.target);
  const meaning = { route, body: route.method === 'GET' ? NO_BODY : readBodyFacts(head) };
  head.meaning = meaning;
  return meaning;
}
