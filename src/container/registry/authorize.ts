import * as z from 'zod';
import { basicAuthorization } from '../agent.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { type Answer, type Exchange, readText } from './exchange.ts';
import { isLoopback } from './loopback.ts';
import { refusedFault } from './registry-fault.ts';

export interface AuthorizationRequest {
  readonly challenges: readonly Challenge[];
  /** What is going to be done, as `repository:PATH:pull,push`. */
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** The registry that asks. */
  readonly registry: string;
  readonly nowMs: number;
  readonly send: (exchange: Exchange) => Promise<Answer>;
}

const TokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

const CLIENT = 'plimsoll';

/**
 * The header that answers a registry's challenge: what the user has for it, or a token that the place named in the challenge gives
 * for that, or for nothing. Nothing where the registry asks for what the user does not have.
 */
export async function authorize(request: AuthorizationRequest): Promise<string | undefined> {
  const { challenges, credentials } = request;
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (credentials?.registryToken) return `Bearer ${credentials.registryToken}`;
  if (bearer) return `Bearer ${await fetchToken(bearer, request)}`;
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  if (!basic || credentials?.username === undefined || credentials.password === undefined) return undefined;
  return basicAuthorization(credentials.username, credentials.password);
}

/** By an identity token as OAuth 2 has it, else by user and password, else as anybody. */
async function fetchToken(challenge: Challenge, request: AuthorizationRequest): Promise<string> {
  const realm = realmOf(challenge, request.registry);
  const parameters = new URLSearchParams();
  const { service } = challenge.parameters;
  if (service) parameters.set('service', service);
  const { credentials, nowMs } = request;
  const scopes = scopesOf(challenge, request);
  let exchange: Exchange;
  if (credentials?.identityToken) {
    parameters.set('grant_type', 'refresh_token');
    parameters.set('client_id', CLIENT);
    parameters.set('refresh_token', credentials.identityToken);
    if (scopes.length > 0) parameters.set('scope', scopes.join(' '));
    const body = Buffer.from(parameters.toString());
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    exchange = { method: 'POST', url: realm.href, headers, body: () => body };
  } else {
    for (const scope of scopes) parameters.append('scope', scope);
    for (const [name, value] of parameters) realm.searchParams.append(name, value);
    const { username, password } = credentials ?? {};
    const known = username !== undefined && password !== undefined;
    const headers: Record<string, string> = known ? { authorization: basicAuthorization(username, password) } : {};
    exchange = { method: 'GET', url: realm.href, headers };
  }
  const answer = await request.send(exchange);
  const text = await readText(answer.body).catch((error: unknown) => {
    throw NetworkFault.of(error);
  });
  if (answer.status !== 200) {
    throw refusedFault(answer.status, { body: text, retryAfter: answer.headers['retry-after'], nowMs });
  }
  return tokenOf(text, realm);
}

/** What is asked for and what the registry says it takes, each once. */
function scopesOf({ parameters }: Challenge, { scopes }: AuthorizationRequest): readonly string[] {
  return [...new Set([...(parameters.scope?.split(' ') ?? []), ...scopes])].filter((scope) => scope !== '').sort();
}

function realmOf({ parameters }: Challenge, registry: string): URL {
  const text = parameters.realm ?? '';
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  const allowed =
    realm?.protocol === 'https:' || (realm?.protocol === 'http:' && isLoopback(registry) && isLoopback(realm.host));
  if (realm && allowed) return realm;
  throw new NetworkFault(
    `the registry sends us for a token to ${JSON.stringify(text.slice(0, 200))}, which is no place for secrets`,
    {
      passing: false,
    },
  );
}

function tokenOf(text: string, realm: URL): string {
  const parsed = TokenAnswer.safeParse(jsonOf(text));
  const token = parsed.success ? (parsed.data.token ?? parsed.data.access_token) : undefined;
  // A token goes into a header: nothing else may come in with it.
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new NetworkFault(`${realm.origin} gave no token that can be used`, { passing: false });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
