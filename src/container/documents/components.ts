import { PackageURL } from 'packageurl-js';
import type { Digest } from '../../nouns/digest.ts';
import type { BaseImage, BasePackage, ImageBase, Lock, LockedDebianPackage } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import { TOOL } from '../../nouns/tool.ts';

/** One thing that an image is made of, as bills of materials name it. */
export interface Component {
  readonly kind: 'library' | 'application' | 'model' | 'image';
  readonly name: string;
  readonly version: string;
  /** Package URL. */
  readonly purl: string;
  /** Of what was fetched or given: a `.deb`, a tarball, a file; nothing for what came within an image. */
  readonly digest?: Digest;
  /** An SPDX expression; where none is given, the image's own copyright files say it. */
  readonly license?: string;
  /** Common Platform Enumeration 2.3, where vulnerability databases go by that. */
  readonly cpe?: string;
}

/** Everything that the lock puts into one platform's image, ordered by package URL. */
export function componentsOf(
  lock: Lock,
  { name, platform }: { readonly name: string; readonly platform: Platform },
): readonly Component[] {
  const node = lock.node.packages[platform];
  const all = [
    ...baseComponents(lock.base, platform),
    ...(node ? [nodeComponent(node)] : []),
    ...lock.onnxruntime.packages.map((locked) => npmComponent(locked)),
    serverComponent(lock),
    modelComponent(lock, name),
  ];
  return all.sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** The image itself, as a component. */
export function imagePurl(
  name: string,
  { digest, platform }: { readonly digest: Digest; readonly platform?: Platform },
): string {
  return purl('oci', {
    name,
    version: digest,
    ...(platform && { qualifiers: { arch: PLATFORMS[platform].architecture } }),
  });
}

function baseComponents(base: Lock['base'], platform: Platform): readonly Component[] {
  if (base.distribution === 'debian')
    return (base.packages[platform] ?? []).map((locked) => debianComponent(locked, base.suite));
  const image = base.platforms[platform];
  if (image === undefined) return [];
  return [imageComponent(base, { image, platform }), ...image.packages.map((found) => foundComponent(found, image))];
}

/** An image that is built upon, by what names it for good: its manifest, or where an engine keeps none its configuration. */
function imageComponent(
  { name }: ImageBase,
  { image, platform }: { readonly image: BaseImage; readonly platform: Platform },
): Component {
  const digest = image.manifest ?? image.config;
  const short =
    name
      .replace(/^[a-z-]+:/, '')
      .replace(/@.*$/, '')
      .replace(/^.*\//, '')
      .replace(/:.*$/, '') || 'base';
  return { kind: 'image', name, version: digest, digest, purl: imagePurl(short, { digest, platform }) };
}

/** A package that an image's own database names. */
function foundComponent({ name, version, architecture }: BasePackage, { release }: BaseImage): Component {
  const namespace = release?.id ?? 'debian';
  const distro = release && [release.id, release.version].filter((part) => part !== '').join('-');
  const qualifiers = { arch: architecture, ...(distro && { distro }) };
  return { kind: 'library', name, version, purl: purl('deb', { namespace, name, version, qualifiers }) };
}

function debianComponent({ name, version, architecture, digest }: LockedDebianPackage, suite: string): Component {
  const qualifiers = { arch: architecture, distro: suite };
  return {
    kind: 'library',
    name,
    version,
    digest,
    purl: purl('deb', { namespace: 'debian', name, version, qualifiers }),
  };
}

/** Node comes in an npm package; what scanners and databases know is Node itself. */
function nodeComponent({ version, digest }: { readonly version: string; readonly digest: Digest }): Component {
  return {
    kind: 'application',
    name: 'node',
    version,
    digest,
    purl: purl('generic', { name: 'node', version }),
    license: 'MIT',
    cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
  };
}

function npmComponent({ name, version, digest }: Lock['onnxruntime']['packages'][number]): Component {
  return { kind: 'library', name, version, digest, purl: purl('npm', { name, version }), license: 'MIT' };
}

function serverComponent({ server }: Lock): Component {
  const { version, digest } = server;
  const name = `${TOOL.name}-server`;
  return {
    kind: 'application',
    name,
    version,
    digest,
    purl: purl('generic', { name, version }),
    license: 'Apache-2.0',
  };
}

/** A model has no version but its bytes; its licence is its owner's business. */
function modelComponent({ model }: Lock, name: string): Component {
  const version = model.digest;
  return { kind: 'model', name, version, digest: model.digest, purl: purl('generic', { name, version }) };
}

interface Named {
  readonly namespace?: string;
  readonly name: string;
  readonly version: string;
  readonly qualifiers?: Readonly<Record<string, string>>;
}

function purl(type: string, { namespace, name, version, qualifiers }: Named): string {
  // The library leaves a plus as it is, which some readers take for a space; scanners write it out.
  return new PackageURL(type, namespace, name, version, qualifiers, undefined).toString().replaceAll('+', '%2B');
}
