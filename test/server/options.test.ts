import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readOptions, SETTINGS } from '../../templates/server/options.ts';

describe('settings from the environment', () => {
  it('have defaults', () => {
    assert.deepEqual(readOptions({}, '/app'), {
      plan: '/app/model/plan.json',
      port: 8080,
      host: undefined,
      graceSeconds: 25,
    });
  });

  it('are taken where given', () => {
    const environment = {
      PLIMSOLL_PLAN: '/p.json',
      PLIMSOLL_HTTP_PORT: '0',
      PLIMSOLL_HOST: '::1',
      PLIMSOLL_GRACE_SECONDS: '3',
    };
    assert.deepEqual(readOptions(environment, '/app'), { plan: '/p.json', port: 0, host: '::1', graceSeconds: 3 });
  });

  for (const [name, value] of [
    ['PLIMSOLL_HTTP_PORT', '65536'],
    ['PLIMSOLL_HTTP_PORT', 'http'],
    ['PLIMSOLL_HTTP_PORT', '-1'],
    ['PLIMSOLL_HTTP_PORT', '1e3'],
    ['PLIMSOLL_HTTP_PORT', ' 80'],
    ['PLIMSOLL_HTTP_PORT', ''],
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
