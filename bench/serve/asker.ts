import { readFileSync } from 'node:fs';
import { RawConnection, rawRequest } from './raw-client.ts';
import { inferMessage, RawGrpcConnection } from './raw-grpc.ts';

export type Protocol = 'http' | 'grpc';

export interface Asked {
  readonly outcome: 'answered' | 'refused' | 'other';
  /** Of the model's one output, where it was answered. */
  readonly values: readonly number[];
  readonly milliseconds: number;
}

/** A client that asks the model one thing after another, over one connection. */
export interface Asker {
  ask(rows: number): Promise<Asked>;
  close(): void;
}

/** Requests as bytes, by their rows, out of files of JSON as the bench's folder has them. */
export interface Requests {
  readonly http: ReadonlyMap<number, Buffer>;
  readonly grpc: ReadonlyMap<number, Buffer>;
}

export const INFER = '/inference.GRPCInferenceService/ModelInfer';

/** Of gRPC: RESOURCE_EXHAUSTED. */
export const EXHAUSTED = 8;

export function readRequests(files: Readonly<Record<number, string>>): Requests {
  const http = new Map<number, Buffer>();
  const grpc = new Map<number, Buffer>();
  for (const [rows, file] of Object.entries(files)) {
    const body = readFileSync(file);
    http.set(Number(rows), rawRequest(body));
    grpc.set(Number(rows), inferMessage(Number(rows), Float32Array.from(JSON.parse(body.toString()).inputs[0].data)));
  }
  return { http, grpc };
}

export async function openAsker(protocol: Protocol, port: number, requests: Requests): Promise<Asker> {
  return protocol === 'http' ? openHttp(port, requests.http) : openGrpc(port, requests.grpc);
}

async function openHttp(port: number, requests: Requests['http']): Promise<Asker> {
  const connection = await RawConnection.open(port);
  return {
    async ask(rows) {
      const { status, body, milliseconds } = await connection.ask(requests.get(rows) as Buffer);
      const outcome = status === 200 ? 'answered' : status === 429 ? 'refused' : 'other';
      const values = status === 200 ? JSON.parse(body.toString()).outputs[0].data : [];
      return { outcome, values, milliseconds };
    },
    close: () => connection.close(),
  };
}

async function openGrpc(port: number, requests: Requests['grpc']): Promise<Asker> {
  const connection = await RawGrpcConnection.open(port, INFER);
  return {
    async ask(rows) {
      const { status, message, retryAfter, milliseconds } = await connection.call(INFER, requests.get(rows) as Buffer);
      const isRefused = status === EXHAUSTED && retryAfter !== undefined;
      const outcome = status === 0 ? 'answered' : isRefused ? 'refused' : 'other';
      return { outcome, values: status === 0 ? valuesOf(message, rows) : [], milliseconds };
    },
    close: () => connection.close(),
  };
}

/** The one output's contents are the last of the message: a number for each row. */
function valuesOf(message: Buffer, rows: number): number[] {
  const start = message.length - 4 * rows;
  return Array.from({ length: rows }, (_, row) => message.readFloatLE(start + 4 * row));
}
