import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { openCache } from '../../../src/cache/cache.ts';
import type { Supply } from '../../../src/container/sources/download.ts';
import { type HttpOptions, openHttp } from '../../../src/container/sources/http.ts';
import { SILENT } from '../../../src/nouns/progress.ts';

/** A server on this machine, for one test. */
export interface LocalServer {
  /** Without a final slash. */
  readonly url: string;
  /** Method and path of each request so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export async function startServer(answer: Answer, prepare: (server: Server) => void = () => {}): Promise<LocalServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  prepare(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Serves content by path; everything else is not found. */
export function serveFiles(files: ReadonlyMap<string, Uint8Array | string>): Answer {
  return (request, response) => {
    const content = files.get(request.url ?? '');
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content ?? 'not found');
  };
}

/** A cache of its own and a way to servers that does not wait long. */
export async function openSupply(options: Partial<HttpOptions> = {}): Promise<Supply & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-sources-'));
  const http = openHttp({ env: {}, pauseMs: 1, stallTimeoutMs: 2000, ...options });
  return {
    http,
    cache: await openCache({ folder }),
    progress: SILENT,
    close: async () => {
      await http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type TarFile =
  | { readonly path: string; readonly text: string | Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly link: string; readonly hard?: boolean }
  | { readonly path: string; readonly folder: true }
  | { readonly path: string; readonly device: true };

export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const archive = pack();
  for (const file of files) {
    if ('text' in file) archive.entry({ name: file.path, mode: file.mode ?? 0o644 }, Buffer.from(file.text));
    else if ('link' in file)
      archive.entry({ name: file.path, type: file.hard ? 'link' : 'symlink', linkname: file.link });
    else archive.entry({ name: file.path, type: 'folder' in file ? 'directory' : 'character-device' });
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** An ar archive, the outer form of a `.deb` file. */
export function arOf(members: readonly (readonly [name: string, content: Uint8Array])[]): Buffer {
  const parts = members.flatMap(([name, content]) => {
    const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(content.byteLength).padEnd(10)}\`\n`;
    return [Buffer.from(header, 'latin1'), content, Buffer.from(content.byteLength % 2 === 1 ? '\n' : '')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}

/** A small `.deb` file with gzip members. */
export async function debOf({
  control,
  files,
  md5sums = '',
}: {
  readonly control: string;
  readonly files: readonly TarFile[];
  readonly md5sums?: string;
}): Promise<Buffer> {
  const controlFiles = [
    { path: './control', text: control },
    { path: './md5sums', text: md5sums },
  ];
  return arOf([
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar.gz', gzipSync(await tarOf(controlFiles))],
    ['data.tar.gz', gzipSync(await tarOf(files))],
  ]);
}

/** An npm tarball of files by their path within the package. */
export async function npmTarball(files: Readonly<Record<string, string | Uint8Array>>): Promise<Buffer> {
  return gzipSync(await tarOf(Object.entries(files).map(([path, text]) => ({ path: `package/${path}`, text }))));
}
