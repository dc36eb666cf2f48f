import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EXIT, Failure } from '../../../nouns/failure.ts';
import { authorizationFor, type NpmSettings, parseNpmrc, type Variables } from './npmrc.ts';

/** Where npm packages come from, and what that place wants to see first. */
export interface NpmRegistry {
  /** Without a final slash. */
  readonly url: string;
  readonly headersFor: (url: string) => Readonly<Record<string, string>>;
}

/** Gives the registry; asked only when something has to be fetched. */
export type FindRegistry = () => Promise<NpmRegistry>;

export interface RegistrySettings {
  readonly env: Variables;
  readonly home: string;
  /** The folder whose `.npmrc` counts, as npm's own does when it is run there. */
  readonly folder: string;
}

/** npm takes about a second to start; a minute says that it hangs. */
const NPM_TIMEOUT_MS = 60_000;

/**
 * The registry that npm on this machine is configured for, with the credentials of `.npmrc`. It is found out once, when
 * first asked. Throws a Failure when npm cannot say it.
 */
export function npmRegistry(settings: RegistrySettings): FindRegistry {
  let found: Promise<NpmRegistry> | undefined;
  return () => {
    found ??= findRegistry(settings);
    return found;
  };
}

async function findRegistry({ env, home, folder }: RegistrySettings): Promise<NpmRegistry> {
  const url = env.npm_config_registry || env.NPM_CONFIG_REGISTRY || (await askNpm(env, folder));
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) throw noRegistry(`npm names "${url}"`);
  const files = [
    env.npm_config_userconfig || env.NPM_CONFIG_USERCONFIG || join(home, '.npmrc'),
    join(folder, '.npmrc'),
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  return registryAt(url, parseNpmrc(texts, env));
}

/** A registry by its address and the settings that may hold credentials for it. */
export function registryAt(url: string, settings: NpmSettings): NpmRegistry {
  return {
    url: url.replace(/\/+$/, ''),
    headersFor: (target): Record<string, string> => {
      const authorization = authorizationFor(target, settings);
      return authorization === undefined ? {} : { authorization };
    },
  };
}

async function askNpm(env: Variables, folder: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'registry'], {
      cwd: folder,
      env: { ...env },
      timeout: NPM_TIMEOUT_MS,
      // On Windows npm is a script for the command interpreter; the arguments are our own words.
      shell: process.platform === 'win32',
    });
    return stdout.trim();
  } catch (cause) {
    throw noRegistry('npm could not be asked', cause);
  }
}

function noRegistry(why: string, cause?: unknown): Failure {
  return new Failure(`no npm registry is known: ${why}`, {
    code: 'npm/no-registry',
    exit: EXIT.usage,
    mend: 'Install npm, or set npm_config_registry to the address of a registry.',
    cause,
  });
}
