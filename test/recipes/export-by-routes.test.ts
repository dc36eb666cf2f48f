import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT, Failure } from '../../src/nouns/failure.ts';
import { SILENT } from '../../src/nouns/progress.ts';
import { exportByRoutes } from '../../src/recipes/export-by-routes.ts';
import type { Exporter } from '../../src/recipes/make-export.ts';

const RESULT = {
  framework: { name: 'keras', version: '3.15.1' },
  opsets: {},
  samples: 'made' as const,
  float32Cost: null,
  warnings: [],
};
const failure = (message: string, code = 'convert/failed') =>
  new Failure(message, { code, exit: EXIT.findings, mend: 'mend it' });

/** What each way comes to: an export, or why it fails. */
type Way = 'exports' | { readonly fails: string; readonly isFinal?: true };

describe('exportByRoutes', () => {
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'plimsoll-routes-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true }));

  const run = (ways: readonly Way[], prove: (folder: string) => Promise<[]> = async () => []) => {
    const exporter: Exporter = {
      inputs: [],
      attempt: async (number) => {
        const route = { name: `way ${number}`, isLast: number + 1 === ways.length };
        const way = ways[number] ?? assert.fail('a way after the last');
        return way === 'exports'
          ? { outcome: 'done', route, result: RESULT }
          : { outcome: 'failed', failure: failure(way.fails), route, isFinal: way.isFinal === true };
      },
    };
    return exportByRoutes(exporter, { scratch, prove, progress: SILENT });
  };

  it('takes the first way that answers as the original does, and says why those before it fell', async () => {
    const proven = await run([{ fails: 'no such operator' }, 'exports', 'exports']);
    assert.equal(proven.made.route.name, 'way 1');
    assert.deepEqual(proven.failedRoutes, [{ route: 'way 0', reason: 'no such operator' }]);
  });

  it('goes on where an export answers otherwise', async () => {
    const proven = await run(['exports', 'exports'], async (folder) => {
      if (folder.endsWith('0')) throw failure('off by 0.2', 'convert/parity');
      return [];
    });
    assert.deepEqual(proven.failedRoutes, [{ route: 'way 0', reason: 'off by 0.2' }]);
  });

  it('stops where no other way would do better', async () => {
    const found = run([{ fails: 'a branch on values', isFinal: true }, 'exports']);
    await assert.rejects(found, { message: 'a branch on values' });
  });

  it('tells the best way’s failure with what came of the others', async () => {
    const found = run([{ fails: 'first' }, { fails: 'second' }, { fails: 'first' }]);
    await assert.rejects(found, { message: 'first (other ways fell too: second)', code: 'convert/failed' });
  });

  it('passes on what is no failure of a way', async () => {
    const broken = run(['exports', 'exports'], async () => {
      throw new TypeError('a defect');
    });
    await assert.rejects(broken, TypeError);
  });
});
