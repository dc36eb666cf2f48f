import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../../nouns/digest.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import type { Layer } from './layer.ts';
import { MEDIA_TYPE } from './media-types.ts';

/** A JSON document of an image: its exact bytes and what a descriptor says about them. */
export interface Document {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly bytes: Uint8Array;
}

export interface Image {
  readonly platform: Platform;
  readonly manifest: Document;
  readonly config: Document;
  /** From the bottom up. */
  readonly layers: readonly Layer[];
}

/** One image for each platform under one digest. */
export interface Index extends Document {
  readonly images: readonly Image[];
}

export interface HealthCheck {
  /** Program and arguments; no shell takes part. */
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly startPeriodSeconds: number;
  readonly retries: number;
}

/** How a container of the image starts. */
export interface ImageConfig {
  /** `uid:gid`. */
  readonly user: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly workingDirectory: string;
  /** TCP ports. */
  readonly ports: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: 'SIGTERM';
  readonly healthCheck?: HealthCheck;
}

export interface ImageFacts {
  readonly platform: Platform;
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
  /** Seconds since 1970. */
  readonly created: number;
  /** Of the manifest. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The configuration and manifest of one platform's image (OCI image specification 1.1); the same facts give the same bytes. */
export function composeImage(facts: ImageFacts): Image {
  const { platform, layers } = facts;
  const config = documentOf(MEDIA_TYPE.config, configOf(facts));
  const manifest = documentOf(MEDIA_TYPE.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...annotated(facts.annotations),
  });
  return { platform, manifest, config, layers };
}

/** The index over the images of all platforms, ordered by platform. */
export function composeIndex(
  images: readonly Image[],
  options: { readonly annotations?: Readonly<Record<string, string>> } = {},
): Index {
  const sorted = [...images].sort((a, b) => (a.platform < b.platform ? -1 : 1));
  const manifests = sorted.map(({ platform, manifest }) => ({
    ...descriptorOf(manifest),
    platform: platformOf(platform),
  }));
  const index = documentOf(MEDIA_TYPE.index, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests,
    ...annotated(options.annotations),
  });
  return { ...index, images: sorted };
}

/** What another document says to point at this one. */
export function descriptorOf({ mediaType, digest, size }: Pick<Document, 'mediaType' | 'digest' | 'size'>): {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
} {
  return { mediaType, digest, size };
}

function configOf({ platform, layers, config, created }: ImageFacts): Json {
  const time = timeOf(created);
  return {
    ...platformOf(platform),
    created: time,
    config: {
      User: config.user,
      Env: Object.entries(config.environment)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
      Entrypoint: config.entrypoint,
      WorkingDir: config.workingDirectory,
      ExposedPorts: Object.fromEntries(config.ports.map((port) => [`${port}/tcp`, {}])),
      Labels: config.labels,
      StopSignal: config.stopSignal,
      Healthcheck: config.healthCheck && healthCheckOf(config.healthCheck),
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created: time, created_by: `plimsoll ${layer.name}` })),
  };
}

/** Docker's own field: the OCI specification leaves it out and lets it stand; engines that do not know it pass over it. */
function healthCheckOf(check: HealthCheck): Json {
  const nanoseconds = (seconds: number) => Math.round(seconds * 1e9);
  return {
    Test: ['CMD', ...check.command],
    Interval: nanoseconds(check.intervalSeconds),
    Timeout: nanoseconds(check.timeoutSeconds),
    StartPeriod: nanoseconds(check.startPeriodSeconds),
    Retries: check.retries,
  };
}

function platformOf(platform: Platform): { readonly [key: string]: string | undefined } {
  const { os, architecture, variant } = PLATFORMS[platform];
  return { os, architecture, variant };
}

function annotated(annotations: Readonly<Record<string, string>> | undefined): { readonly [key: string]: Json } {
  return annotations === undefined ? {} : { annotations };
}

/** RFC 3339 to the second. */
export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function documentOf(mediaType: string, value: Json): Document {
  const bytes = new TextEncoder().encode(canonicalJson(value));
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}
