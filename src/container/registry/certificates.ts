import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { Machine } from '../../nouns/machine.ts';

export interface RegistryTls {
  readonly ca?: string[];
  readonly cert?: string;
  readonly key?: string;
}

/**
 * What this machine's container tools have been told about a registry's certificates, in their folder `certs.d/HOST:PORT`: `*.crt` are
 * authorities to trust beside the usual ones, `*.cert` with its `*.key` is what to show of oneself.
 */
export async function registryTls(
  registry: string,
  { env, home }: Pick<Machine, 'env' | 'home'>,
): Promise<RegistryTls> {
  const folders = [
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'certs.d'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'certs.d'),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ].map((folder) => join(folder, registry));
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    if (names.length > 0) return readFolder(folder, { names: names.sort(), env });
  }
  return {};
}

async function readFolder(
  folder: string,
  { names, env }: { readonly names: readonly string[]; readonly env: Machine['env'] },
): Promise<RegistryTls> {
  const authorities = names.filter((name) => name.endsWith('.crt'));
  const client = names.find((name) => name.endsWith('.cert') && names.includes(name.replace(/\.cert$/, '.key')));
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const ca = await Promise.all(authorities.map(read));
  const extra = env.NODE_EXTRA_CA_CERTS ? [await readFile(env.NODE_EXTRA_CA_CERTS, 'utf8').catch(() => '')] : [];
  return {
    ...(ca.length > 0 && { ca: [...rootCertificates, ...extra, ...ca] }),
    ...(client && { cert: await read(client), key: await read(client.replace(/\.cert$/, '.key')) }),
  };
}
