import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { digestOf, hexOf } from '../../nouns/digest.ts';
import type { Endpoint, Environment, Machine } from './endpoint.ts';

const Config = z.looseObject({ currentContext: z.string().optional() });
const Meta = z.looseObject({ Endpoints: z.looseObject({ docker: z.looseObject({ Host: z.string() }) }) });

/**
 * The engine of Docker's current context (`docker context use`), or of the one that DOCKER_CONTEXT names; undefined for the
 * default context and where Docker's own files do not say.
 */
export async function contextEndpoint(env: Environment, { home }: Machine): Promise<Endpoint | undefined> {
  const folder = env.DOCKER_CONFIG || join(home, '.docker');
  const name = env.DOCKER_CONTEXT || (await readJson(join(folder, 'config.json'), Config))?.currentContext;
  if (name === undefined || name === '' || name === 'default') return undefined;
  const key = hexOf(digestOf(name));
  const meta = await readJson(join(folder, 'contexts', 'meta', key, 'meta.json'), Meta);
  if (meta === undefined) return undefined;
  const tlsFolder = join(folder, 'contexts', 'tls', key, 'docker');
  const address = meta.Endpoints.docker.Host;
  return { address, origin: `the Docker context "${name}"`, ...(address.startsWith('tcp:') ? { tlsFolder } : {}) };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    // These files belong to another program: where they do not help, the default places are tried.
    return undefined;
  }
}
