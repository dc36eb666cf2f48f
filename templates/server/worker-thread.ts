import type { MessagePort } from 'node:worker_threads';
import { letTensorsGo } from './let-go.ts';
import { loadPlan } from './load-plan.ts';
import { openMeasured } from './open-measured.ts';
import { RequestError } from './request-error.ts';
import { readyForTransfer } from './scheduling/transfer.ts';
import type { WorkerAnswer, WorkerAsk, WorkerSetup } from './scheduling/worker-messages.ts';
import { makeSignature } from './signature.ts';

/** The life of a thread that has a session of its own: loads the model, says so, and runs what it is sent, one after another. */
export function serveAsWorker(port: MessagePort, setup: WorkerSetup): void {
  const plan = loadPlan(setup.planPath);
  const { session, ...facts } = openMeasured({ ...setup, plan, signature: makeSignature(plan) });
  const answer = (message: WorkerAnswer, buffers: ArrayBuffer[] = []): void => port.postMessage(message, buffers);
  port.on('message', ({ id, inputs, outputs }: WorkerAsk) => {
    const begun = performance.now();
    try {
      const results = readyForTransfer(session.run(inputs, outputs));
      letTensorsGo(inputs);
      const milliseconds = performance.now() - begun;
      answer({ kind: 'ran', id, outputs: results.tensors, milliseconds }, results.buffers);
    } catch (error) {
      const status = error instanceof RequestError ? error.status : null;
      answer({ kind: 'failed', id, status, message: error instanceof Error ? error.message : String(error) });
    }
  });
  answer({ kind: 'ready', ...facts });
}
