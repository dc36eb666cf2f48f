import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { Endpoint } from './endpoint.ts';

/** A socket that takes connections and never answers must not hold up the tool. */
const ANSWER_WITHIN_MS = 5_000;

export type Container = Docker.Container;
export type ContainerSettings = Docker.ContainerCreateOptions;

/** A container engine that answered. This file is the only one that knows the client library's name. */
export interface Engine {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** As the engine says itself. */
  readonly version: string;
  /** Of the machine that runs the containers, such as `amd64`. */
  readonly architecture: string;
  readonly os: string;
}

/** Connects and asks for the version. Rejects with the system's or the engine's own error. */
export async function connectEngine(
  endpoint: Endpoint,
  env: { readonly SSH_AUTH_SOCK?: string | undefined },
): Promise<Engine> {
  const options = await optionsFor(endpoint, env);
  // Loaded here and not above: it takes a fifth of a second, and most commands need no engine.
  const { default: Client } = await import('dockerode');
  const docker = new Client(options);
  await new Client({ ...options, timeout: ANSWER_WITHIN_MS }).ping();
  const { Version, Arch, Os } = await docker.version();
  return { docker, endpoint, version: Version, architecture: Arch, os: Os };
}

/** Everything is said outright, since the client fills what is missing from this process's environment. */
async function optionsFor(
  { address, tlsFolder }: Endpoint,
  env: { readonly SSH_AUTH_SOCK?: string | undefined },
): Promise<Docker.DockerOptions> {
  const [, scheme = 'tcp', rest = address] = /^([a-z]+):\/\/(.*)$/.exec(address) ?? [];
  if (scheme === 'unix' || scheme === 'npipe') return { socketPath: rest, host: undefined, protocol: 'http' };
  const { hostname, port, username } = new URL(`http://${rest}`);
  const common = { host: hostname, username: username || undefined, pathPrefix: '/' };
  if (scheme === 'ssh') {
    const agent = env.SSH_AUTH_SOCK;
    return { ...common, port: port || 22, protocol: 'ssh', ...(agent ? { sshOptions: { agent } } : {}) };
  }
  const keys = tlsFolder === undefined ? undefined : await readKeys(tlsFolder);
  const secure = keys !== undefined || scheme === 'https';
  return { ...common, port: port || (secure ? 2376 : 2375), protocol: secure ? 'https' : 'http', ...keys };
}

async function readKeys(folder: string): Promise<Pick<Docker.DockerOptions, 'ca' | 'cert' | 'key'> | undefined> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    return { ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') };
  } catch (error) {
    // A context may have no keys at all; keys that are there and cannot be read are told.
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}
