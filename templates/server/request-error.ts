/** A request that cannot be served, as the protocol answers it: a status and one line for the client. */
export class RequestError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'RequestError';
    this.status = status;
    this.headers = headers;
  }
}

/** The client's own mistake: says which part of the request, what was wanted and what was found. */
export function badRequest(message: string): RequestError {
  return new RequestError(400, message);
}

/** Error body of the Open Inference Protocol. */
export function renderError(message: string): string {
  return JSON.stringify({ error: message });
}
