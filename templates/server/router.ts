import type { RunFacts } from './job.ts';
import type { TakenNumbers } from './json/reader.ts';
import { NOT_SERVED_PATHS } from './open-inference/not-served.ts';
import { RequestError } from './request-error.ts';
import type { Signature } from './signature.ts';

/** What goes back to a client. */
export interface Answer {
  readonly status: number;
  /** Text, or pieces that follow one another; empty for none. */
  readonly body: string | readonly Uint8Array[];
  /** JSON where left out. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the body: nobody else looks at these once they are sent. */
  readonly spent?: readonly Uint8Array[];
}

/** What a client has sent. */
export interface RequestBody {
  readonly bytes: Buffer;
  /** Bytes of JSON before binary tensors, where the request says so. */
  readonly jsonBytes: number | undefined;
  /** Numbers that were read while the body came in; `bytes` is the text without them. */
  readonly taken?: TakenNumbers | undefined;
  /** Whether the bytes are overwritten once whoever is given them returns. */
  readonly isLent: boolean;
  /** Whether nothing else lies in their buffer. */
  readonly isAlone: boolean;
}

/** Reads what it can of a body while it comes in. */
export interface EarlyReader {
  /** Takes a piece, which is another's once this returns; gives what it leaves, with which it is over, or `undefined` where it goes on. */
  take(piece: Buffer): Buffer | undefined;
  /** Gives what is left of a body that has ended. */
  end(): Buffer;
  /** The text before what it has read. */
  readonly head: Buffer;
  /** What it has read, where it has left so many bytes. */
  taken(leftBytes: number): TakenNumbers | undefined;
}

/** The client's side of a request whose answer comes later. */
export interface Caller {
  /** One object for all requests of a connection. */
  readonly connection: object;
  /** False once the client has gone. */
  isWaiting(): boolean;
  /** Told how its job was run, before it is answered. */
  noteRun(facts: RunFacts): void;
  /** Where it has to be made ready for sending, gives what settles once it is. */
  answer(answer: Answer): Promise<void> | undefined;
  fail(error: unknown): void;
}

export type Route =
  | { readonly method: 'GET'; readonly answer: () => Answer }
  | {
      readonly method: 'POST';
      readonly assertOpen: () => void;
      /** Where the body takes long to read, gives what settles once it is: never rejects. */
      readonly accept: (body: RequestBody, caller: Caller) => Promise<void> | undefined;
      /** Reads a body of JSON while it comes in, in as many bytes as it has been given room for. */
      readonly readEarly?: (roomBytes: number) => EarlyReader;
    };

/** Everything that can be asked, by path. */
export type Routes = ReadonlyMap<string, Route>;

/** What the routes lead to. */
export interface Service {
  readonly signature: Signature;
  serverMetadata(): Answer;
  modelMetadata(): Answer;
  live(): Answer;
  ready(): Answer;
  modelReady(): Answer;
  metrics(): Answer;
  openApi(): Answer;
  /** `undefined` where it is turned off. */
  readonly playground: (() => Answer) | undefined;
  predict(body: RequestBody, caller: Caller): Promise<void> | undefined;
  repositoryIndex(body: RequestBody, caller: Caller): Promise<void> | undefined;
  /** Throws before a body is read where no request can be taken now. */
  assertOpen(): void;
  infer(body: RequestBody, caller: Caller): Promise<void> | undefined;
  inferEarly(roomBytes: number): EarlyReader;
}

/** What is served over HTTP; of the Open Inference Protocol, each model path with and without its version. */
export function makeRoutes(service: Service): Routes {
  const routes = new Map<string, Route>([
    ['/v2', { method: 'GET', answer: service.serverMetadata }],
    ['/v2/health/live', { method: 'GET', answer: service.live }],
    ['/v2/health/ready', { method: 'GET', answer: service.ready }],
    ['/predict', { method: 'POST', assertOpen: service.assertOpen, accept: service.predict }],
    ['/openapi.json', { method: 'GET', answer: service.openApi }],
    ['/metrics', { method: 'GET', answer: service.metrics }],
    ['/v2/repository/index', { method: 'POST', assertOpen: () => {}, accept: service.repositoryIndex }],
  ]);
  if (service.playground) routes.set('/', { method: 'GET', answer: service.playground });
  const { name, version } = service.signature;
  for (const model of [`/v2/models/${name}`, `/v2/models/${name}/versions/${version}`]) {
    routes.set(model, { method: 'GET', answer: service.modelMetadata });
    routes.set(`${model}/ready`, { method: 'GET', answer: service.modelReady });
    routes.set(`${model}/infer`, {
      method: 'POST',
      assertOpen: service.assertOpen,
      accept: service.infer,
      readEarly: service.inferEarly,
    });
  }
  return routes;
}

/**
 * Finds the route of a request.
 *
 * @throws RequestError 404 that says what there is, 405 with the method that there is
 */
export function findRoute(routes: Routes, method: string, target: string): Route {
  const route = routes.get(target) ?? routes.get(normalise(target));
  if (route === undefined) throw notFound(routes, normalise(target));
  if (route.method === method || (method === 'HEAD' && route.method === 'GET')) return route;
  const allowed = route.method === 'GET' ? 'GET, HEAD' : route.method;
  throw new RequestError(405, `${method} is not served here; wanted ${allowed}`, { allow: allowed });
}

/** The path without query and trailing slash, percent-encoding undone. */
function normalise(target: string): string {
  const query = target.indexOf('?');
  let path = query === -1 ? target : target.slice(0, query);
  if (path.length > 1 && path.endsWith('/')) path = path.slice(0, -1);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function notFound(routes: Routes, path: string): RequestError {
  const known = NOT_SERVED_PATHS.find(({ pattern }) => pattern.test(path));
  if (known) return new RequestError(501, known.why);
  const served = [...routes].map(([place, route]) => `${route.method} ${place}`).join(', ');
  const model = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?/.exec(path);
  const wrongVersion = model?.[2] !== undefined && routes.has(`/v2/models/${model[1]}`);
  if (wrongVersion)
    return new RequestError(404, `unknown version "${model[2]}" of model "${model[1]}"; served: ${served}`);
  if (model && !routes.has(`/v2/models/${model[1]}`)) {
    return new RequestError(404, `unknown model "${model[1]}"; served: ${served}`);
  }
  return new RequestError(404, `nothing at ${path}; served: ${served}`);
}
