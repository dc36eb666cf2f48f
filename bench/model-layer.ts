/**
 * Packing a changed model into an OCI layout, against "read, tar, SHA-256, write" of the same bytes by the shortest program
 * that does it (hash and write one after the other), in turns within one run. Prints medians, the best
 * of each (what is left of them on a busy machine), the ratios, and the tool's peak memory.
 *
 * Usage: node --import tsx bench/model-layer.ts [MEBIBYTES] [ROUNDS]
 */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCache } from '../src/cache/cache.ts';
import { composeImage, composeIndex } from '../src/container/image/compose.ts';
import { packLayer } from '../src/container/image/layer.ts';
import { writeOciLayout } from '../src/container/image/oci-layout.ts';
import { tarHeader } from '../src/container/image/tar-header.ts';
import type { Tree } from '../src/container/tree.ts';
import { peakMemoryBytes } from '../test/support/peak-memory.ts';
import { median } from './figures.ts';

const PIECE_BYTES = 2 ** 20;
const [mebibytes = 272, rounds = 5] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const model = join(folder, 'model');
  writeModel(model);
  const peer: number[] = [];
  const tool: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const peerMs = await timed(async () => storeSimply(model, join(folder, 'peer.tar')));
    rmSync(join(folder, 'peer.tar'));
    const toolMs = await timed(() => pack(model, join(folder, 'tool')));
    rmSync(join(folder, 'tool'), { recursive: true });
    // The first round warms up the page cache and the compiler.
    if (round > 0) {
      peer.push(peerMs);
      tool.push(toolMs);
    }
  }
  const [peerMs, toolMs] = [median(peer), median(tool)];
  console.log(`tar + sha256 + write of ${mebibytes} MiB: ${peerMs.toFixed(0)} ms (median of ${rounds})`);
  console.log(`pack, compose and write the layout: ${toolMs.toFixed(0)} ms, ratio ${(toolMs / peerMs).toFixed(2)}`);
  const [peerBest, toolBest] = [Math.min(...peer), Math.min(...tool)];
  console.log(
    `best of each: ${peerBest.toFixed(0)} and ${toolBest.toFixed(0)} ms, ratio ${(toolBest / peerBest).toFixed(2)}`,
  );
  console.log(`peak resident memory: ${(peakMemoryBytes() / 2 ** 20).toFixed(0)} MiB`);
}

async function pack(model: string, target: string): Promise<void> {
  const cache = await openCache({ folder: join(target, 'cache') });
  const size = mebibytes * PIECE_BYTES;
  const tree: Tree = [{ kind: 'file', path: 'app/model', mode: 0o644, content: { kind: 'file', path: model, size } }];
  const layer = await packLayer(() => tree, { name: 'model', compression: 'none', mtime: 0, cache });
  const config = {
    user: '65532:65532',
    environment: {},
    entrypoint: ['/x'],
    workingDirectory: '/',
    ports: [],
    labels: {},
    stopSignal: 'SIGTERM',
  } as const;
  const image = composeImage({ platform: 'linux/amd64', layers: [layer], config, created: 0 });
  await writeOciLayout(composeIndex([image]), join(target, 'layout'), { reference: 'bench' });
}

function storeSimply(model: string, target: string): void {
  const size = mebibytes * PIECE_BYTES;
  const [from, to] = [openSync(model, 'r'), openSync(target, 'w')];
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  const put = (bytes: Uint8Array) => {
    hash.update(bytes);
    writeSync(to, bytes);
  };
  put(tarHeader({ kind: 'file', path: 'app/model', mode: 0o644, size, mtime: 0, target: '' }));
  for (let left = size; left > 0; ) {
    const count = readSync(from, piece, 0, PIECE_BYTES, null);
    put(piece.subarray(0, count));
    left -= count;
  }
  put(Buffer.alloc(1024));
  hash.digest();
  closeSync(from);
  closeSync(to);
}

function writeModel(path: string): void {
  const file = openSync(path, 'w');
  const piece = randomFillSync(Buffer.alloc(PIECE_BYTES));
  for (let index = 0; index < mebibytes; index += 1) {
    piece.writeUInt32LE(index, 0);
    writeSync(file, piece);
  }
  closeSync(file);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
