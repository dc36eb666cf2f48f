import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, resolve } from 'node:path';
import { Connections } from './connections.ts';
import { makeHttpServer } from './http.ts';
import type { Phase } from './inference.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { loadPlan } from './load-plan.ts';
import { logEvent, logProblem } from './log.ts';
import { OptionError, type Options } from './options.ts';
import { makeRoutes } from './router.ts';
import { Scheduler } from './scheduler.ts';
import { makeService } from './service.ts';
import { openSession, type Session } from './session.ts';
import { makeSignature, type Signature } from './signature.ts';
import { stopOnSignal } from './stop.ts';
import { warmUp } from './warm-up.ts';

/** Set by the bundler from the project's package.json. */
declare const SERVER_VERSION: string;

/**
 * Serves the plan's model until a signal comes: listens first, so that a taken port is told at once and probes get an
 * answer, then loads the model and warms it up.
 *
 * @throws OptionError where the environment or the plan is at fault, Error where the model cannot be loaded
 */
export async function startServer(options: Options): Promise<void> {
  let phase: Phase = 'starting';
  let session: Session | undefined;
  const plan = loadPlan(options.plan);
  const signature = signatureOf(plan);
  const scheduler = new Scheduler({
    capacity: plan.limits.queue,
    bodiesBytes: BODIES_AT_ONCE * plan.limits.bodyBytes,
    run: ({ inputs, outputs }) => {
      if (session === undefined) throw new Error('a job came before the session');
      return session.run(inputs, outputs);
    },
  });
  const service = makeService({
    signature,
    queue: scheduler,
    serverVersion: SERVER_VERSION,
    limits: DEFAULT_LIMITS,
    phase: () => phase,
  });
  const server = makeHttpServer({
    routes: makeRoutes(service),
    body: { limitBytes: plan.limits.bodyBytes, meter: scheduler.bodies },
    isClosing: () => phase === 'draining',
  });
  const connections = new Connections(server, () => scheduler.noteTraffic());
  stopOnSignal(connections, {
    graceSeconds: options.graceSeconds,
    onStop: () => {
      phase = 'draining';
    },
  });
  const port = await listen(server, options);
  session = openSession(resolve(dirname(options.plan), plan.model.file), plan.sessionOptions);
  await answerOthers();
  const warmedUp = warmUp(plan, signature, session);
  await answerOthers();
  if (!warmedUp.ok) logProblem(`the warm-up run failed; the first requests may be slower: ${warmedUp.why}`);
  if (phase !== 'starting') return;
  phase = 'ready';
  logEvent('ready', {
    readyMs: Math.round(performance.now()),
    model: signature.name,
    version: signature.version,
    port,
    warmUp: warmedUp.ok ? 'done' : 'failed',
  });
}

function signatureOf(plan: Parameters<typeof makeSignature>[0]): Signature {
  try {
    return makeSignature(plan);
  } catch (error) {
    throw new OptionError(`the plan cannot be served: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function listen(server: Server, { host, port }: Options): Promise<number> {
  server.listen(host === undefined ? { port } : { port, host });
  try {
    await once(server, 'listening');
  } catch (error) {
    const where = host === undefined ? `port ${port}` : `${host} port ${port}`;
    throw new OptionError(`cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return (server.address() as AddressInfo).port;
}

/** Bodies of the largest size that may be coming in together. */
const BODIES_AT_ONCE = 4;

/** Enough turns of the loop to accept a connection, read its request and write the answer. */
const ANSWER_TURNS = 5;

/** Loading and running block the loop; in between, whoever has asked meanwhile gets an answer. */
async function answerOthers(): Promise<void> {
  for (let turn = 0; turn < ANSWER_TURNS; turn++) await new Promise((done) => setImmediate(done));
}
