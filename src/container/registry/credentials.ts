import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Machine } from '../../nouns/machine.ts';
import { askCredentialHelper } from './credential-helper.ts';

/** What a user may show to a registry; which of it is used depends on what the registry asks for. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** To be exchanged for tokens at the place that the registry names. */
  readonly identityToken?: string;
  /** A token as it is. */
  readonly registryToken?: string;
}

type Surroundings = Pick<Machine, 'env' | 'home'>;

const Entry = z.object({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
  registrytoken: z.string().optional(),
});

const ConfigFile = z.object({
  auths: z.record(z.string(), Entry).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().optional(),
});
type ConfigFile = z.infer<typeof ConfigFile>;

/**
 * The credentials that Docker's `config.json`, or the same file of other tools, has for a repository; nothing where none of them has
 * any. As those tools do: a helper for the host first, then the store for all hosts, then what stands in the file.
 */
export async function findCredentials(
  { registry, repository }: { readonly registry: string; readonly repository: string },
  { env, home }: Surroundings,
): Promise<Credentials | undefined> {
  for (const path of configPaths({ env, home })) {
    const config = await readConfig(path);
    const found = config && (await inConfig(config, { registry, repository, env, path }));
    if (found) return found;
  }
  return undefined;
}

function configPaths({ env, home }: Surroundings): readonly string[] {
  if (env.REGISTRY_AUTH_FILE) return [env.REGISTRY_AUTH_FILE];
  return [
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json')] : []),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
  ];
}

async function readConfig(path: string): Promise<ConfigFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unusable(path, `it cannot be read (${error.code})`);
  });
  if (text === undefined || text.trim() === '') return undefined;
  const parsed = ConfigFile.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw unusable(path, parsed.error.issues[0]?.message ?? 'it has another form');
}

interface Search {
  readonly registry: string;
  readonly repository: string;
  readonly env: Machine['env'];
  readonly path: string;
}

async function inConfig(config: ConfigFile, search: Search): Promise<Credentials | undefined> {
  const { registry, env } = search;
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  const kept = helper ? await askCredentialHelper(helper, { server: registry, env }) : undefined;
  return kept ?? inFile(config, search);
}

/** Keys may be a host, a host with a path below it, or an address as old versions of Docker wrote it; the longest match counts. */
function inFile({ auths }: ConfigFile, { registry, repository, path }: Search): Credentials | undefined {
  const entries = new Map(Object.entries(auths ?? {}).map(([key, entry]) => [bareKey(key), entry]));
  const segments = repository.split('/');
  for (let length = segments.length; length >= 0; length -= 1) {
    const entry = entries.get([registry, ...segments.slice(0, length)].join('/'));
    const found = entry && credentialsOf(entry, path);
    if (found) return found;
  }
  return undefined;
}

function bareKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/(\/v[12])?\/*$/, '');
}

function credentialsOf(entry: z.infer<typeof Entry>, path: string): Credentials | undefined {
  if (entry.identitytoken) return { identityToken: entry.identitytoken };
  if (entry.registrytoken) return { registryToken: entry.registrytoken };
  if (entry.username && entry.password) return { username: entry.username, password: entry.password };
  if (!entry.auth) return undefined;
  const text = Buffer.from(entry.auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw unusable(path, 'an "auth" in it is not the base64 of USER:PASSWORD');
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(path: string, why: string): Failure {
  return new Failure(`the credentials in ${path} cannot be used: ${why}`, {
    code: 'registry/credentials-file',
    exit: EXIT.usage,
    mend: 'Mend the file or sign in again (docker login); DOCKER_CONFIG and REGISTRY_AUTH_FILE name other places.',
  });
}
