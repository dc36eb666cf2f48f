import * as z from 'zod';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { isBaseLayer } from './base-layers.ts';
import type { Image } from './compose.ts';
import type { Layer } from './layer.ts';

/** What an image's configuration says of how it runs, as it stands in its JSON. */
const Configuration = z.object({
  config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    WorkingDir: z.string(),
    ExposedPorts: z.record(z.string(), z.unknown()),
    Labels: z.record(z.string(), z.string()),
    StopSignal: z.string(),
    Healthcheck: z
      .object({
        Test: z.array(z.string()),
        Interval: z.number(),
        Timeout: z.number(),
        StartPeriod: z.number(),
        Retries: z.number(),
      })
      .optional(),
  }),
});

/** The file of a layer in the context. */
export function layerFileName(layer: Layer): string {
  return `${layer.name}.tar${layer.mediaType.endsWith('+gzip') ? '.gz' : ''}`;
}

/** A Dockerfile that makes this image of the files of its layers, fetching and running nothing. */
export function renderDockerfile({ layers, config, platform }: Image): string {
  const { config: facts } = Configuration.parse(JSON.parse(new TextDecoder().decode(config.bytes)));
  const lines = [
    `# ${platform}; docker build --network=none --platform ${platform} .`,
    ...additions(layers),
    ...facts.Env.map((pair) => `ENV ${assignment(pair)}`),
    ...Object.entries(facts.Labels).map(([name, value]) => `LABEL ${name}=${quoted(value)}`),
    ...Object.keys(facts.ExposedPorts).map((port) => `EXPOSE ${port}`),
    `WORKDIR ${facts.WorkingDir}`,
    `USER ${facts.User}`,
    `STOPSIGNAL ${facts.StopSignal}`,
    ...(facts.Healthcheck ? [healthCheck(facts.Healthcheck)] : []),
    `ENTRYPOINT ${JSON.stringify(facts.Entrypoint)}`,
  ];
  for (const line of lines) assertShort(line);
  return `${lines.join('\n')}\n`;
}

/** How many layers from the bottom up change with the lock's versions alone, never with the model. */
const BELOW_MODEL: ReadonlySet<string> = new Set(['node', 'onnxruntime']);

/** A Dockerfile of the lower layers alone, for whoever keeps a base image of their own to build models on. */
export function renderBaseDockerfile({ layers, platform }: Image): string {
  const below = layers.filter(({ name }) => isBaseLayer(name) || BELOW_MODEL.has(name));
  return `${[`# ${platform}: what all models share`, ...additions(below)].join('\n')}\n`;
}

/** Docker unpacks what is added from a tar, with its modes and owners. */
function additions(layers: readonly Layer[]): readonly string[] {
  return ['FROM scratch', ...layers.map((layer) => `ADD ${layerFileName(layer)} /`)];
}

function assignment(pair: string): string {
  const equals = pair.indexOf('=');
  return `${pair.slice(0, equals)}=${quoted(pair.slice(equals + 1))}`;
}

/** In double quotes three characters mean something, the dollar sign among them. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"$]/g, '\\$&')}"`;
}

function healthCheck(check: {
  Test: string[];
  Interval: number;
  Timeout: number;
  StartPeriod: number;
  Retries: number;
}): string {
  const seconds = (nanoseconds: number) => `${nanoseconds / 1e9}s`;
  const options = [
    `--interval=${seconds(check.Interval)}`,
    `--timeout=${seconds(check.Timeout)}`,
    `--start-period=${seconds(check.StartPeriod)}`,
    `--retries=${check.Retries}`,
  ];
  return `HEALTHCHECK ${options.join(' ')} CMD ${JSON.stringify(check.Test.slice(1))}`;
}

/** Docker reads lines up to 64 KiB. */
const MAX_LINE_BYTES = 65_535;

function assertShort(line: string): void {
  const bytes = Buffer.byteLength(line);
  if (bytes <= MAX_LINE_BYTES && !/[\r\n]/.test(line)) return;
  throw new Failure(`a line of the Dockerfile would not be read by Docker: ${line.slice(0, 60)}… has ${bytes} bytes`, {
    code: 'dockerfile/line',
    exit: EXIT.usage,
    mend: 'Build the image without Docker: plimsoll package.',
  });
}
