import type { Finding } from '../../src/nouns/finding.ts';
import type { MemoryReport } from '../../src/nouns/memory-report.ts';
import type { Report } from '../../src/nouns/report.ts';
import type { RenderOptions } from '../../src/report/render-report.ts';
import { summariseModel } from '../../src/validate/summary/summarise-model.ts';
import { WIDE_MODEL } from './memory-report.ts';

/** What somebody might call a node to see whether a page minds. */
export const HOSTILE = `<img src=x onerror=alert(1)>"'&|\`@team \u202E\u0007](http://x)`;

export const FINDINGS: readonly Finding[] = [
  {
    rule: 'budget/memory',
    severity: 'error',
    message: 'the container wants 148 MiB',
    mend: 'Raise `budget.memory`.',
    location: { file: '/srv/models/wide.onnx', node: 'second' },
  },
  {
    rule: 'production/float64',
    severity: 'warning',
    message: `tensor ${HOSTILE} is double`,
    mend: 'Use float.',
    location: { file: '/srv/models/wide.onnx', tensor: HOSTILE, offset: 12 },
  },
  { rule: 'production/zipmap', severity: 'note', message: 'a ZipMap', mend: 'Export without.' },
];

/** A report on a small model, with whatever a test wants otherwise. */
export function sampleReport(parts: Partial<Report> = {}, memory: MemoryReport | null = null): Report {
  const { model, operators } = summariseModel(WIDE_MODEL);
  return {
    schema: 'plimsoll.report/1',
    tool: { name: 'plimsoll', version: '0.1.0' },
    verdict: 'fail',
    model: { ...model, path: '/srv/models/wide.onnx' },
    runtime: { onnxruntime: '1.30.0', node: '24.21.0', platforms: ['linux/amd64'], asked: true },
    findings: FINDINGS,
    suppressed: [
      { finding: { rule: 'production/loop', severity: 'warning', message: 'a Loop', mend: 'None.' }, reason: 'known' },
    ],
    operators,
    memory,
    sizes: {
      modelBytes: 262_144,
      preparedBytes: 262_400,
      imageBytes: { 'linux/amd64': 70_000_000 },
      budgets: { modelBytes: null, imageBytes: 60_000_000 },
    },
    lock: {
      seal: `sha256:${'0'.repeat(64)}`,
      profile: 'lean',
      parts: [
        { name: 'base', version: 'debian trixie' },
        { name: 'onnxruntime', version: '1.30.0' },
      ],
      layers: [
        { platform: 'linux/amd64', name: 'base', bytes: 3_000_000, digest: `sha256:${'1'.repeat(64)}` },
        { platform: 'linux/amd64', name: 'node', bytes: 40_000_000, digest: `sha256:${'2'.repeat(64)}` },
        { platform: 'linux/arm64', name: 'node', bytes: 38_000_000, digest: `sha256:${'3'.repeat(64)}` },
      ],
    },
    ...parts,
  };
}

export const RENDER_OPTIONS: RenderOptions = {
  columns: 80,
  colour: false,
  folder: '/srv',
  failOn: 'error',
  describe: (rule) =>
    rule === 'budget/memory' ? { title: 'It fits', explanation: 'Or it is killed.', mend: 'Less.' } : undefined,
};
