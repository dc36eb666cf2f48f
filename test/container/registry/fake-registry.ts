import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Digest } from '../../../src/nouns/digest.ts';
import { type LocalServer, startServer } from '../sources/fakes.ts';

export interface FakeRegistry extends LocalServer {
  /** `127.0.0.1:PORT`. */
  readonly name: string;
  readonly repositories: ReadonlyMap<string, Repository>;
  /** Puts content there without the network. */
  add(
    repository: string,
    content: { blobs?: readonly Uint8Array[]; manifests?: Readonly<Record<string, Uint8Array>> },
  ): void;
}

export interface Repository {
  readonly blobs: Map<string, Uint8Array>;
  /** By digest and by tag. */
  readonly manifests: Map<string, Uint8Array>;
}

export interface FakeOptions {
  /** Answers in the registry's place where it returns true. */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
  readonly mounts?: boolean;
  readonly referrers?: boolean;
  readonly minChunkBytes?: number;
  /** Larger bodies are refused. */
  readonly maxBodyBytes?: number;
}

interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly repository: Repository;
  readonly name: string;
  readonly rest: string;
}

/** A registry in memory, after the distribution specification; manifests are taken only when all that they name is there. */
export async function startFakeRegistry(options: FakeOptions = {}): Promise<FakeRegistry> {
  const repositories = new Map<string, Repository>();
  const uploads = new Map<string, Uint8Array>();
  const repositoryOf = (name: string): Repository => {
    const known = repositories.get(name) ?? { blobs: new Map(), manifests: new Map() };
    repositories.set(name, known);
    return known;
  };

  const server = await startServer((request, response) => {
    if (options.intercept?.(request, response)) return;
    const url = new URL(request.url ?? '', 'http://fake');
    const match = /^\/v2\/(.+?)\/((?:blobs|manifests|referrers)\/.*)$/.exec(url.pathname);
    if (match === null) {
      response.writeHead(url.pathname === '/v2/' ? 200 : 404).end('{}');
      return;
    }
    const [, name = '', rest = ''] = match;
    const turn = { request, response, url, name, rest, repository: repositoryOf(name) };
    answer(turn, { options, uploads, repositoryOf }).catch(() => response.destroy());
  });

  return {
    ...server,
    name: new URL(server.url).host,
    repositories,
    add(name, { blobs = [], manifests = {} }) {
      const repository = repositoryOf(name);
      for (const bytes of blobs) repository.blobs.set(digest(bytes), bytes);
      for (const [key, bytes] of Object.entries(manifests)) {
        repository.manifests.set(key, bytes);
        repository.manifests.set(digest(bytes), bytes);
      }
    },
  };
}

interface State {
  readonly options: FakeOptions;
  readonly uploads: Map<string, Uint8Array>;
  readonly repositoryOf: (name: string) => Repository;
}

async function answer(turn: Turn, state: State): Promise<void> {
  const { request, response, rest, repository } = turn;
  const writes = request.method === 'PATCH' || request.method === 'PUT';
  const large =
    Number(request.headers['content-length'] ?? 0) > (state.options.maxBodyBytes ?? Number.POSITIVE_INFINITY);
  if (writes && large) {
    request.resume();
    refuse(response, 413, 'SIZE_INVALID');
  } else if (rest.startsWith('blobs/uploads')) await upload(turn, state);
  else if (rest.startsWith('blobs/')) serve(turn, repository.blobs.get(rest.slice('blobs/'.length)));
  else if (rest.startsWith('referrers/')) referrers(turn, state);
  else if (request.method === 'PUT') await putManifest(turn, state);
  else serve(turn, repository.manifests.get(rest.slice('manifests/'.length)));
}

function serve({ request, response }: Turn, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) {
    refuse(response, 404, 'NOT_FOUND');
    return;
  }
  const type = typeOf(bytes);
  response.writeHead(200, {
    'content-length': bytes.byteLength,
    'docker-content-digest': digest(bytes),
    'content-type': type,
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

async function upload({ request, response, url, name, rest, repository }: Turn, state: State): Promise<void> {
  const { options, uploads, repositoryOf } = state;
  const id = rest.slice('blobs/uploads/'.length);
  const location = (key: string) => ({
    location: `/v2/${name}/blobs/uploads/${key}?state=${uploads.get(key)?.byteLength}`,
  });
  const known = uploads.get(id);
  if (request.method === 'POST') {
    const mount = url.searchParams.get('mount') ?? '';
    const there = repositoryOf(url.searchParams.get('from') ?? '').blobs.get(mount);
    if (options.mounts && there) {
      repository.blobs.set(mount, there);
      response.writeHead(201, { 'docker-content-digest': mount }).end();
      return;
    }
    const key = randomUUID();
    uploads.set(key, new Uint8Array());
    const minimum = options.minChunkBytes ? { 'oci-chunk-min-length': `${options.minChunkBytes}` } : {};
    response.writeHead(202, { ...location(key), ...minimum }).end();
  } else if (known === undefined) refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  else if (request.method === 'GET') {
    response.writeHead(204, { ...location(id), range: `0-${Math.max(0, known.byteLength - 1)}` }).end();
  } else {
    const start = /^(\d+)-/.exec(request.headers['content-range'] ?? '')?.[1];
    if (start !== undefined && Number(start) !== known.byteLength) return refuse(response, 416, 'BLOB_UPLOAD_INVALID');
    for await (const chunk of request)
      uploads.set(id, Buffer.concat([uploads.get(id) ?? ('' as never), chunk as Buffer]));
    const bytes = uploads.get(id) ?? new Uint8Array();
    if (request.method === 'PATCH') {
      response.writeHead(202, { ...location(id), range: `0-${bytes.byteLength - 1}` }).end();
    } else if (digest(bytes) === url.searchParams.get('digest')) {
      repository.blobs.set(digest(bytes), bytes);
      uploads.delete(id);
      response.writeHead(201, { 'docker-content-digest': digest(bytes) }).end();
    } else refuse(response, 400, 'DIGEST_INVALID');
  }
}

async function putManifest({ request, response, rest, repository }: Turn, { options }: State): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const document = JSON.parse(bytes.toString());
  const blobs = [document.config, ...(document.layers ?? [])].filter(Boolean);
  const missing = [
    ...blobs.filter((blob: { digest: string }) => !repository.blobs.has(blob.digest)),
    ...(document.manifests ?? []).filter((child: { digest: string }) => !repository.manifests.has(child.digest)),
  ];
  if (missing.length > 0) return refuse(response, 404, 'MANIFEST_BLOB_UNKNOWN');
  repository.manifests.set(digest(bytes), bytes);
  repository.manifests.set(rest.slice('manifests/'.length), bytes);
  const subject = options.referrers && document.subject ? { 'oci-subject': document.subject.digest } : {};
  response.writeHead(201, { 'docker-content-digest': digest(bytes), ...subject }).end();
}

function referrers({ response, rest, repository }: Turn, { options }: State): void {
  if (!options.referrers) {
    refuse(response, 404, 'NOT_FOUND');
    return;
  }
  const subject = rest.slice('referrers/'.length);
  const all = [...new Map([...repository.manifests.values()].map((bytes) => [digest(bytes), bytes])).values()];
  const manifests = all.flatMap((bytes) => {
    const { mediaType, artifactType, subject: own } = JSON.parse(Buffer.from(bytes).toString());
    return own?.digest === subject ? [{ mediaType, artifactType, digest: digest(bytes), size: bytes.byteLength }] : [];
  });
  const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
  response.writeHead(200, { 'content-type': index.mediaType }).end(JSON.stringify(index));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: 'said so' }] }));
}

function typeOf(bytes: Uint8Array): string {
  try {
    return JSON.parse(Buffer.from(bytes).toString()).mediaType ?? 'application/octet-stream';
  } catch {
    return 'application/octet-stream';
  }
}

export function digest(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
