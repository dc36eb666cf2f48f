import * as z from 'zod';
import { unfitBase } from './base-failure.ts';

const Settings = z.looseObject({
  config: z
    .looseObject({
      Env: z.array(z.string()).nullish(),
      Labels: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

/** What is taken over of a base's configuration; the lock carries it, and with it each image. */
export interface Inherited {
  readonly environment: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** Real ones have a dozen of either; the lock is in a label of every image, which registries bound to some megabytes. */
const MAX_ENTRIES = 256;
const MAX_BYTES = 64 * 2 ** 10;

/**
 * Variables that would change how the server loads or runs: what was proven of the model holds for the settings that it was proven
 * with, and no others.
 */
const NOT_TAKEN =
  /^(LANG|LANGUAGE|LC_.*|LD_PRELOAD|LD_AUDIT|LD_BIND_NOT|LD_DEBUG.*|GLIBC_TUNABLES|(NODE|V8|UV|MALLOC|ORT|OMP|OPENSSL|PLIMSOLL)_.*|MKL_.*)$/;

/** OCI's own labels say what the base is, and this program's say what another image is. */
const NOT_OURS = /^(org\.opencontainers\.image\.|org\.label-schema\.|plimsoll\.)/;

/**
 * Environment and labels of a base as the image takes them over. User, entrypoint, working directory, ports, volumes, health check
 * and stop signal are the image's own. Throws `base/unfit` for more than a configuration needs.
 */
export function inheritConfig(json: unknown, name: string): Inherited {
  const parsed = Settings.safeParse(json);
  if (!parsed.success) throw unfitBase(name, [`its configuration is none: ${parsed.error.issues[0]?.message}`]);
  const environment = new Map<string, string>();
  for (const pair of parsed.data.config?.Env ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && !NOT_TAKEN.test(pair.slice(0, equals)))
      environment.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
  const strange = [...environment].find((pair) => pair.some((text) => /\p{Cc}/u.test(text)));
  if (strange)
    throw unfitBase(name, [`its variable ${JSON.stringify(strange[0].slice(0, 80))} has control characters`]);
  // A label is for people and their tools; one that cannot stand on a line serves neither.
  const labels = Object.entries(parsed.data.config?.Labels ?? {}).filter(
    ([label, value]) => !NOT_OURS.test(label) && !/\p{Cc}/u.test(label + value),
  );
  return { environment: bounded([...environment], name), labels: bounded(labels, name) };
}

function bounded(pairs: readonly (readonly [string, string])[], name: string): Readonly<Record<string, string>> {
  const bytes = pairs.reduce((total, [key, value]) => total + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (pairs.length > MAX_ENTRIES || bytes > MAX_BYTES) {
    throw unfitBase(name, [
      `its configuration has ${pairs.length} variables or labels in ${bytes} bytes; ${MAX_ENTRIES} in ${MAX_BYTES} are taken over`,
    ]);
  }
  return Object.fromEntries([...pairs].sort(([a], [b]) => (a < b ? -1 : 1)));
}
