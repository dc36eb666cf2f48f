import { get } from 'node:http';
import { https } from './access/secure-modules.ts';
import type { Options } from './options.ts';

/** An orchestrator's patience with a health command is rarely shorter. */
const PATIENCE_MS = 2000;

/** Asks the server in this container whether it is ready: a health command where there is no shell and no curl. */
export function checkHealth({ port, host, certificateFile }: Options): Promise<boolean> {
  return new Promise((resolve) => {
    const place = { host: reachable(host), port, path: '/v2/health/ready', timeout: PATIENCE_MS, agent: false };
    // The certificate names the service and not this address; that this container answers is what is asked.
    const request = (certificateFile === undefined ? get : https().get)(
      { ...place, rejectUnauthorized: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Addresses that mean "all" are listened on, not called. */
function reachable(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
