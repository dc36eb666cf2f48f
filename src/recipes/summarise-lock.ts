import { baseName, type Lock } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import type { LockSummary } from '../nouns/report.ts';

/** A lock as far as a reader of a report wants it. */
export function summariseLock({ seal, profile, base, node, onnxruntime, server, model, layers }: Lock): LockSummary {
  const parts = [
    { name: 'base', version: base.distribution === 'debian' ? `debian ${base.suite}` : baseName(base) },
    { name: 'node', version: node.version },
    { name: 'onnxruntime', version: onnxruntime.version },
    { name: 'server', version: server.version },
    { name: 'model', version: model.digest },
  ];
  const all = Object.entries(layers.platforms).flatMap(([platform, list]) =>
    list.map(({ name, bytes, digest }) => ({ platform: platform as Platform, name, bytes, digest })),
  );
  return { seal, profile, parts, layers: all };
}
