import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Engine } from '../../../src/container/engine/engine.ts';
import { findEngine } from '../../../src/container/engine/find-engine.ts';

export interface Call {
  readonly line: string;
  readonly body: Buffer;
}

export type Answer = { readonly status?: number; readonly json?: unknown };

export type Rows = readonly (readonly [RegExp, (call: Call) => Answer])[];

/** A real HTTP server on a Unix socket that answers as an engine would: rows of `METHOD PATH` (a pattern) and what to say. */
export async function withFakeEngine(
  folder: string,
  { rows = [], os = 'linux' }: { readonly rows?: Rows; readonly os?: string },
  use: (fake: { readonly address: string; readonly calls: readonly Call[] }) => Promise<void>,
): Promise<void> {
  const calls: Call[] = [];
  const all: Rows = [
    [/^GET \/_ping/, () => ({ json: 'OK' })],
    [/^GET \/version/, () => ({ json: { Version: '1.2.3', Arch: 'amd64', Os: os } })],
    ...rows,
  ];
  const server = createServer(async (request, response) => {
    const call = { line: `${request.method} ${request.url}`, body: await bodyOf(request) };
    calls.push(call);
    const row = all.find(([pattern]) => pattern.test(call.line));
    const { status = 200, json = {} } = row?.[1](call) ?? {
      status: 404,
      json: { message: `no such thing: ${call.line}` },
    };
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(status === 204 ? undefined : `${JSON.stringify(json)}\r\n`);
  });
  const socket = join(folder, 'engine.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await use({ address: `unix://${socket}`, calls });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** The fake engine as the client sees it. */
export async function withEngine(
  folder: string,
  rows: Rows,
  use: (engine: Engine, calls: readonly Call[]) => Promise<void>,
): Promise<void> {
  await withFakeEngine(folder, { rows }, async ({ address, calls }) => {
    const found = await findEngine({ DOCKER_HOST: address }, { home: folder, platform: 'linux' });
    assert.ok('engine' in found);
    await use(found.engine, calls);
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
