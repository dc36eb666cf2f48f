import type { ImageVerdict } from '../../src/nouns/verdict.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const INTERVAL = { low: 0.91, high: 0.95, confidence: 0.95 };

/** A verdict on an image that passes, with a metric and a load. */
export function passingVerdict(parts: Partial<ImageVerdict> = {}): ImageVerdict {
  return {
    schema: 'plimsoll.verdict/1',
    tool: { name: 'plimsoll', version: '0.1.0' },
    verdict: 'pass',
    image: {
      name: 'oci:image',
      digest: DIGEST,
      manifest: DIGEST,
      config: DIGEST,
      platform: 'linux/amd64',
      lock: DIGEST,
    },
    model: { name: 'tickets', version: 'abc' },
    runtime: { onnxruntime: '1.30.0', node: '24.21.0' },
    place: { kind: 'container', limitBytes: 2 ** 28, limitHeld: true, network: 'none', readOnly: true, why: null },
    owners: { system: 'platform@example.org', model: null },
    tolerances: [{ output: 'y', datatype: 'FP32', rule: 'equal', from: 'default' }],
    checks: [
      { name: 'start', outcome: 'pass', count: 1, note: 'under 256 MiB' },
      { name: 'cases', outcome: 'pass', count: 62, note: 'all compared' },
    ],
    failures: [],
    metrics: [
      {
        data: 'held-out.csv',
        dataDigest: DIGEST,
        output: 'y',
        metric: 'accuracy',
        better: 'higher',
        overall: { rows: 500, value: 0.93, interval: INTERVAL, replicates: [0.92, null] },
        slices: [
          { rows: 250, value: 0.91, interval: null, replicates: null, column: 'region', value_of_column: 'north' },
        ],
        worst: { column: 'region', value_of_column: 'north' },
        threshold: { min: 0.9, max: null, slices: true },
        released: { value: 0.92, difference: -0.01, interval: null, allowed: 0 },
        outcome: 'pass',
      },
    ],
    load: [
      {
        budget: 'latency',
        rowsPerSecond: 100,
        rowsPerRequest: 1,
        rounds: [{ requests: 1000, failed: 0, p50Ms: 1, p99Ms: 9, largestMs: 20, rowsPerSecond: 99 }],
        limits: { p50Ms: null, p99Ms: 20, rowsPerSecond: null },
        noise: { timerP99Ms: 0.2, spread: 0.1, sendLateP99Ms: 0.2, isNoisy: false },
        outcome: 'pass',
      },
    ],
    ...parts,
  };
}

/** One with a failure that has an owner, one that has none, and a check that was skipped. */
export function failingVerdict(parts: Partial<ImageVerdict> = {}): ImageVerdict {
  return passingVerdict({
    verdict: 'fail',
    checks: [
      { name: 'start', outcome: 'pass', count: 1, note: 'under 256 MiB' },
      { name: 'cases', outcome: 'fail', count: 62, note: 'all compared' },
      { name: 'batches', outcome: 'skipped', count: 0, note: 'not proven' },
      { name: 'load', outcome: 'inconclusive', count: 1, note: 'open-loop' },
    ],
    failures: [
      {
        check: 'cases',
        what: 'out-of-memory',
        owner: 'system',
        cause: 'limit',
        responsible: 'platform@example.org',
        case: 'one',
        output: null,
        message: 'one: no answer',
        mend: 'Raise the limit.',
        evidence: ['the last line of the log'],
        missing: null,
        smallest: { rows: 1, requests: 1, file: 'failure-1.json', command: 'curl -s --data-binary @failure-1.json' },
      },
      {
        check: 'load',
        what: 'latency',
        owner: 'inconclusive',
        cause: 'machine',
        responsible: null,
        case: null,
        output: null,
        message: 'at 100 rows/s',
        mend: 'Verify where nothing else runs.',
        evidence: [],
        missing: 'a quiet machine',
        smallest: null,
      },
    ],
    ...parts,
  });
}
