import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { WorkerSetup } from './scheduling/worker-messages.ts';
import { serveAsWorker } from './worker-thread.ts';

// What a thread runs: the bundler puts it into the server's own file as a text, so that the image has one.
serveAsWorker(parentPort as MessagePort, workerData as WorkerSetup);
