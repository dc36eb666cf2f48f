import type { Server } from 'node:tls';
import { tls } from './secure-modules.ts';
import { watchFiles } from './watched-file.ts';

/** Where the certificate chain and its key lie, both in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Versions below have known weaknesses. */
export const TLS_OPTIONS = { minVersion: 'TLSv1.2', handshakeTimeout: 10_000 } as const;

/**
 * Gives servers their certificate and key, and again whenever the files change; connections that are open go on with what they
 * began with.
 *
 * @throws Error that names the files where they cannot be used at start
 */
export function keepCertificate(
  servers: readonly Server[],
  { certificate, key }: TlsFiles,
  onProblem: (message: string) => void,
): void {
  watchFiles([certificate, key], {
    use: ([cert = Buffer.alloc(0), secret = Buffer.alloc(0)]) => {
      assertPair(cert, secret, { certificate, key });
      for (const server of servers) server.setSecureContext({ cert, key: secret, minVersion: TLS_OPTIONS.minVersion });
    },
    onProblem: (message) => onProblem(`the certificate cannot be read again; ${message}`),
  });
}

/** While files are being replaced, one may be of the new pair and the other of the old. */
function assertPair(cert: Buffer, key: Buffer, files: TlsFiles): void {
  try {
    tls().createSecureContext({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${files.certificate} and ${files.key} are no certificate with its key: ${why}`);
  }
}
