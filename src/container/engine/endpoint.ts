import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where an engine may listen. */
export interface Endpoint {
  /** As DOCKER_HOST has it: `unix:///run/docker.sock`, `tcp://HOST:PORT`, `ssh://USER@HOST`, `npipe:////./pipe/docker_engine`. */
  readonly address: string;
  /** Who named it, for messages. */
  readonly origin: string;
  /** A folder with `ca.pem`, `cert.pem` and `key.pem`, where the engine wants TLS. */
  readonly tlsFolder?: string;
}

export interface Machine {
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Where to look when nobody named an engine, the usual place first. */
export function defaultEndpoints(env: Environment, { home, platform }: Machine): readonly Endpoint[] {
  if (platform === 'win32') return [{ address: 'npipe:////./pipe/docker_engine', origin: 'the default pipe' }];
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets = [
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    ...(runtime ? [join(runtime, 'docker.sock'), join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
  return sockets.map((path) => ({ address: `unix://${path}`, origin: 'the default place' }));
}

/** The engine that the environment names; it alone counts then. */
export function namedEndpoint(env: Environment): Endpoint | undefined {
  const tlsFolder = env.DOCKER_TLS_VERIFY ? env.DOCKER_CERT_PATH : undefined;
  if (env.DOCKER_HOST) {
    return { address: env.DOCKER_HOST, origin: 'DOCKER_HOST', ...(tlsFolder ? { tlsFolder } : {}) };
  }
  return undefined;
}
