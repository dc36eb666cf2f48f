import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for the tests of one block, removed afterwards. */
export function scratchFolder(): { readonly path: string } {
  const folder = { path: '' };
  before(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'plimsoll-onnx-'));
  });
  after(() => rmSync(folder.path, { recursive: true }));
  return folder;
}

/** Writes bytes to a file below `folder` and gives its path. */
export function fileOf(folder: { readonly path: string }, bytes: Uint8Array | string, name = 'model.onnx'): string {
  const path = join(folder.path, name);
  writeFileSync(path, bytes);
  return path;
}

/** A varint as the wire has it; negative numbers as protobuf's 64-bit ones. */
export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** A field with a length. */
export function field(number: number, ...payload: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(payload);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

export function intField(number: number, value: number | bigint): Uint8Array {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function textField(number: number, text: string): Uint8Array {
  return field(number, Buffer.from(text));
}
