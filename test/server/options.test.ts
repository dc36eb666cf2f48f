import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readOptions, SETTINGS } from '../../templates/server/options.ts';

describe('settings from the environment', () => {
  it('have defaults', () => {
    const options = readOptions({}, '/app');
    assert.deepEqual(Object.keys(options), Object.keys(SETTINGS));
    const { plan, port, grpcPort, host, graceSeconds, bodyBytes } = options;
    assert.deepEqual(
      { plan, port, grpcPort, host, graceSeconds, bodyBytes },
      {
        plan: '/app/model/plan.json',
        port: 8080,
        grpcPort: 8081,
        host: undefined,
        graceSeconds: 25,
        bodyBytes: undefined,
      },
    );
  });

  it('are taken where given', () => {
    const environment = {
      PLIMSOLL_PLAN: '/p.json',
      PLIMSOLL_HTTP_PORT: '0',
      PLIMSOLL_GRPC_PORT: 'off',
      PLIMSOLL_HOST: '::1',
      PLIMSOLL_GRACE_SECONDS: '3',
      PLIMSOLL_MAX_BODY_BYTES: '1000',
    };
    const { plan, port, grpcPort, host, graceSeconds, bodyBytes } = readOptions(environment, '/app');
    assert.deepEqual([plan, port, grpcPort, host, graceSeconds, bodyBytes], ['/p.json', 0, undefined, '::1', 3, 1000]);
  });

  for (const [name, value] of [
    ['PLIMSOLL_HTTP_PORT', '65536'],
    ['PLIMSOLL_HTTP_PORT', 'http'],
    ['PLIMSOLL_HTTP_PORT', '-1'],
    ['PLIMSOLL_HTTP_PORT', '1e3'],
    ['PLIMSOLL_HTTP_PORT', ' 80'],
    ['PLIMSOLL_HTTP_PORT', ''],
    ['PLIMSOLL_GRPC_PORT', 'on'],
    ['PLIMSOLL_MAX_BODY_BYTES', '0'],
    ['PLIMSOLL_MAX_JSON_DEPTH', '513'],
    ['PLIMSOLL_ACCESS_LOG', 'yes'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a token'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'name=value%0D%0Aother'],
    ['PLIMSOLL_HOST', ''],
    ['PLIMSOLL_PLAN', ''],
    ['PLIMSOLL_GRACE_SECONDS', '1.5'],
    ['PLIMSOLL_GRACE_SECONDS', '99999999999'],
  ] as const) {
    it(`refuse ${name}=${JSON.stringify(value)} by name`, () => {
      assert.throws(() => readOptions({ [name]: value }, '/app'), { message: new RegExp(name) });
    });
  }

  it('are all in the documentation, in one table', () => {
    const page = readFileSync(new URL('../../docs/server.md', import.meta.url), 'utf8');
    const rows = Object.values(SETTINGS).map(
      ({ variable, meaning, fallback }) => `| \`${variable}\` | ${meaning} | ${fallback} |`,
    );
    assert.ok(page.includes(`\n|---|---|---|\n${rows.join('\n')}\n`), `wanted in docs/server.md:\n${rows.join('\n')}`);
  });
});
