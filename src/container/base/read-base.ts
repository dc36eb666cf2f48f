import type { BasePackage } from '../../nouns/lock.ts';
import type { BaseFile, BaseTree } from './base-tree.ts';
import { type Inherited, inheritConfig } from './inherit-config.ts';
import { installedPackages, releaseOf } from './installed-packages.ts';
import { type BaseLayer, mergeLayers } from './merge-layers.ts';
import { readBaseFiles } from './read-base-files.ts';

/** What an image is that is built upon, as far as it reaches the lock. */
export interface BaseFacts extends Inherited {
  readonly release: { readonly id: string; readonly version: string; readonly codename: string } | null;
  readonly packages: readonly BasePackage[];
}

export interface BaseSource {
  /** For messages. */
  readonly name: string;
  /** From the bottom up. */
  readonly layers: readonly BaseLayer[];
}

/** Where the certificates lie in every distribution that has OpenSSL's own layout. */
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt';

/** Reads all of an image's layers, and its configuration. Throws `base/unfit`, and `sources/…` for damaged layers. */
export async function readBase({ name, layers }: BaseSource, config: unknown): Promise<BaseFacts> {
  const inherited = inheritConfig(config, name);
  const tree = await mergeLayers(layers, name);
  const databases = databaseFiles(tree);
  const release = tree.find('etc/os-release') ?? tree.find('usr/lib/os-release');
  const wanted = new Map(databases);
  if (release?.kind === 'file') wanted.set('etc/os-release', release);
  const files = await readBaseFiles(wanted, { layers, name });
  const textOf = (path: string) => files.get(path)?.toString('utf8') ?? '';
  const certificates = tree.find(CERTIFICATES)?.kind === 'file' ? { SSL_CERT_FILE: `/${CERTIFICATES}` } : {};
  return {
    environment: { ...certificates, ...inherited.environment },
    labels: inherited.labels,
    release: releaseOf(textOf('etc/os-release')),
    packages: installedPackages([...databases.keys()].map(textOf)),
  };
}

const STATUS = 'var/lib/dpkg/status';
/** The form of images that were put together from packages, one file each. */
const STATUS_FOLDER = 'var/lib/dpkg/status.d';

function databaseFiles(tree: BaseTree): ReadonlyMap<string, BaseFile> {
  const paths = [
    STATUS,
    ...tree
      .names(STATUS_FOLDER)
      .filter((name) => !name.endsWith('.md5sums'))
      .map((name) => `${STATUS_FOLDER}/${name}`),
  ];
  return tree.files(paths);
}
