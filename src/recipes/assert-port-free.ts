import { once } from 'node:events';
import { createServer } from 'node:net';
import { EXIT, Failure } from '../nouns/failure.ts';

/**
 * Makes sure, before any work, that a server will be able to listen on a port of 127.0.0.1; 0 always can.
 * @throws Failure `run/port-taken`, `run/port-not-allowed`.
 */
export async function assertPortFree(port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1' });
    await once(server, 'listening');
  } catch (cause) {
    throw refusal(port, cause);
  } finally {
    server.close();
  }
}

function refusal(port: number, cause: unknown): unknown {
  const known = REFUSALS[String((cause as { code?: unknown }).code)];
  if (known === undefined) return cause;
  return new Failure(`port ${port} of 127.0.0.1 ${known.why}`, {
    code: known.code,
    exit: EXIT.usage,
    mend: `${known.mend} --port 0 takes a free one.`,
    cause,
  });
}

const REFUSALS: Readonly<Record<string, { readonly code: string; readonly why: string; readonly mend: string }>> = {
  EADDRINUSE: {
    code: 'run/port-taken',
    why: 'is taken by another program',
    mend: 'Stop what listens there, or name another port with --port.',
  },
  EACCES: {
    code: 'run/port-not-allowed',
    why: 'is not for this user to listen on',
    mend: 'Name a port from 1024 on with --port.',
  },
};
