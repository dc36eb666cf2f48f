import { parentPort } from 'node:worker_threads';
import { deflateBlock } from './deflate-block.ts';

/** The thread side of DeflatePool: a block comes in, and goes back with its compressed form; neither is copied. */
parentPort?.on('message', (block: Uint8Array<ArrayBuffer>) => {
  const compressed = deflateBlock(block);
  parentPort?.postMessage({ compressed, block: block.buffer }, [compressed.buffer, block.buffer]);
});
