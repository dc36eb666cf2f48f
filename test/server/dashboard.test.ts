import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Metrics } from '../../templates/server/observe/metrics.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

const dashboard = JSON.parse(
  readFileSync(new URL('../../templates/grafana/plimsoll.json', import.meta.url), 'utf8'),
) as Dashboard;

/** Words of PromQL, labels and variables aside. */
const NO_METRICS = new Set([
  'sum',
  'by',
  'rate',
  'increase',
  'histogram_quantile',
  'label_values',
  'le',
  'outcome',
  'reason',
  'code',
  'grpc_code',
  'job',
  'instance',
]);

describe('The Grafana dashboard', () => {
  const metrics = new Metrics({
    model: 'm',
    modelVersion: '1',
    serverVersion: '1',
    waiting: () => 0,
    heldBytes: () => 0,
    capacityBytes: () => 1,
    limitBytes: () => 1,
    isReady: () => true,
    workers: () => 0,
  });
  metrics.refused('deadline');
  metrics.answered('GET', 200, 1);
  metrics.called('/grpc.health.v1.Health/Check', 0);
  /** Every series that the server gives, as it stands in the text. */
  const series = new Set([...metrics.render().matchAll(/^([a-z_0-9]+)[{ ]/gm)].map(([, name]) => name ?? ''));

  const expressions = [
    ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
    ...dashboard.templating.list
      .filter(({ query }) => query.includes('('))
      .map(({ query }) => ['variables', query] as const),
  ];

  it('asks for nothing but what the server gives', () => {
    for (const [title, expression] of expressions) {
      const words = expression.replace(/\{[^}]*\}|\[[^\]]*\]/g, ' ').match(/[a-z_][a-z_0-9]*/g) ?? [];
      const unknown = words.filter((word) => !NO_METRICS.has(word) && !series.has(word));
      assert.deepEqual(unknown, [], title);
    }
  });

  it('shows everything that is the server’s own', () => {
    const shown = expressions.map(([, expression]) => expression).join('\n');
    const missing = metrics.names.filter((name) => /^(plimsoll|http|grpc)_/.test(name) && !shown.includes(name));
    assert.deepEqual(missing, []);
  });

  it('has nothing that the documentation does not name, and the other way round', () => {
    const page = readFileSync(new URL('../../docs/server.md', import.meta.url), 'utf8');
    const documented = new Set([...page.matchAll(/`(plimsoll_[a-z_]+)(?:\{[^}]*\})?`/g)].map(([, name]) => name ?? ''));
    const own = metrics.names.filter((name) => name.startsWith('plimsoll_'));
    assert.deepEqual([...documented].sort(), [...own].sort());
  });
});
