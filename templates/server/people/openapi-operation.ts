export type Schema = Readonly<Record<string, unknown>>;

/** By media type. */
export type Content = Readonly<Record<string, Schema>>;

export interface OperationFacts {
  readonly operationId: string;
  readonly summary: string;
  /** What it answers with. */
  readonly answer: Content;
  /** Statuses of its refusals. */
  readonly refusals?: readonly Refusal[];
  /** Parameters and body. */
  readonly request?: Schema;
}

export type Refusal = keyof typeof REFUSALS;

const REFUSALS = {
  400: 'The request does not fit the model: which input, what was wanted and what was found',
  401: 'A bearer token is wanted',
  413: 'The request is larger than this image takes',
  415: 'The body is of a type, or packed in a way, that is not read here',
  429: 'Too much is waiting; try again after Retry-After seconds',
  500: 'The runtime failed',
  503: 'The model is still loading, or the server is shutting down',
  504: 'The time that the request has set is over',
} as const;

/** An operation of an OpenAPI document, of which `secured` tells whether it needs a token. */
export function describeOperation(
  { operationId, summary, answer, refusals = [], request }: OperationFacts,
  secured: boolean,
): Schema {
  const error = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };
  const all = secured ? [...refusals, 401 as const] : refusals;
  const refused = all.map((status) => [status, { description: REFUSALS[status], content: error }]);
  return {
    operationId,
    summary,
    ...request,
    responses: { 200: { description: summary, content: answer }, ...Object.fromEntries(refused) },
  };
}
