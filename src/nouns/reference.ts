import { type Digest, isDigest } from './digest.ts';
import { EXIT, Failure } from './failure.ts';

/** Where an image is in a registry, as the distribution specification has it: `HOST[:PORT]/PATH[:TAG][@DIGEST]`. */
export interface Reference {
  /** `HOST[:PORT]`, an IPv6 address in brackets. */
  readonly registry: string;
  /** Path below the registry, such as `team/ticket-classifier`. */
  readonly repository: string;
  /** `latest` where neither a tag nor a digest is given. */
  readonly tag?: string;
  readonly digest?: Digest;
}

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const HOST = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:.]+\\])(?::\\d{1,5})?$`);
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
/** Of host and path together; the bound that registries share. */
const MAX_NAME_LENGTH = 255;
const MAX_PORT = 65_535;

/**
 * Reads a reference. A digest beside a tag is kept with it, and the digest is what counts. There is no registry for a name without
 * a host: which one was meant would depend on the machine. Throws `reference/…` Failures.
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = splitReference(text);
  const { host, path } = splitName(name);
  if (host === undefined) throw refusal(text, isPath(path) ? 'it names no registry' : 'its name is not one');
  if (!isHost(host)) throw refusal(text, `${JSON.stringify(host)} is not a host`);
  if (!isPath(path)) throw refusal(text, `${JSON.stringify(path)} is not the path of a repository`);
  if (name.length > MAX_NAME_LENGTH) throw refusal(text, `its name is longer than ${MAX_NAME_LENGTH} characters`);
  if (tag !== undefined && !isTag(tag)) throw refusal(text, `${JSON.stringify(tag)} is not a tag`);
  if (digest !== undefined && !isDigest(digest))
    throw refusal(text, `${JSON.stringify(digest)} is not a SHA-256 digest`);
  const named = { registry: host, repository: path };
  if (digest !== undefined) return { ...named, ...(tag !== undefined && { tag }), digest };
  return { ...named, tag: tag ?? 'latest' };
}

/** The reference as one writes it. */
export function renderReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether a text that names no file is meant as a reference, right or wrong: it begins with a host, or has a digest. */
export function looksLikeReference(text: string): boolean {
  if (/^[./~]/.test(text) || /\.(onnx|json|lock|ya?ml)$/i.test(text)) return false;
  // Capitals alone make a host too, but in a text that may as well be a path they tell nothing.
  const [first = '', ...path] = text.split('/');
  return text.includes('@') || (path.join('/') !== '' && (/[.:[]/.test(first) || first === 'localhost'));
}

/** The same repository's content of this digest, whatever the tag says. */
export function atDigest({ registry, repository }: Reference, digest: Digest): Reference {
  return { registry, repository, digest };
}

/** A name's host, where its first part is one, and its path. */
export function splitName(name: string): { readonly host: string | undefined; readonly path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  // What tells a host from the first part of a path: a dot, a port, capitals, or the one name that has none of them.
  const hosted = /[.:A-Z[]/.test(first) || first === 'localhost';
  return hosted ? { host: first, path: name.slice(slash + 1) } : { host: undefined, path: name };
}

export function isHost(text: string): boolean {
  const port = /:(\d+)$/.exec(text)?.[1];
  return HOST.test(text) && (port === undefined || Number(port) <= MAX_PORT) && URL.canParse(`https://${text}`);
}

export function isPath(text: string): boolean {
  return PATH.test(text);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

function splitReference(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@');
  const front = at < 0 ? text : text.slice(0, at);
  const colon = front.lastIndexOf(':');
  const tagged = colon > front.lastIndexOf('/');
  return {
    name: tagged ? front.slice(0, colon) : front,
    tag: tagged ? front.slice(colon + 1) : undefined,
    digest: at < 0 ? undefined : text.slice(at + 1),
  };
}

function refusal(text: string, why: string): Failure {
  return new Failure(`${JSON.stringify(text)} is not a reference to an image in a registry: ${why}`, {
    code: 'reference/malformed',
    exit: EXIT.usage,
    mend: 'Write HOST/PATH:TAG or HOST/PATH@sha256:DIGEST, without https://, the path in lower case: registry.example/team/model:1.2.',
  });
}
