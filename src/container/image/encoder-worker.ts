import { parentPort, workerData } from 'node:worker_threads';
import { BLOCK_ENCODERS, type BlockEncoding } from './encode-block.ts';

/** The thread side of EncoderPool: a block comes in, and goes back with its compressed form; neither is copied. */
const encodeBlock = BLOCK_ENCODERS[workerData as BlockEncoding]();

parentPort?.on('message', async (block: Uint8Array<ArrayBuffer>) => {
  const compressed = (await encodeBlock)(block);
  parentPort?.postMessage({ compressed, block: block.buffer }, [compressed.buffer, block.buffer]);
});
