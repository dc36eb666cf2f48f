import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confinement } from '../../src/convert/python/confinement.ts';
import { type ExporterOptions, runExporter } from '../../src/convert/run-exporter.ts';

const RESULT = {
  event: 'result',
  framework: { name: 'scikit-learn', version: '1.9.1' },
  opsets: { 'ai.onnx': 21 },
  samples: 'made',
  float32Cost: null,
};

describe('runExporter', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-exporter-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A stand-in for the interpreter, which does as it says instead of reading the program. */
  const run = (script: string, options: Partial<ExporterOptions> = {}) => {
    const python = join(folder, 'python');
    writeFileSync(python, `#!/bin/sh\n${script}\n`);
    chmodSync(python, 0o755);
    const request = {
      ...{ from: 'sklearn', artefact: 'model.skops', folder, output: folder, name: 'm', opset: 21, mlOpset: 3 },
      ...{ samples: null, allowCode: false, attempt: 0 },
    };
    return runExporter(request, {
      ...{ python, program: 'exporter.py', env: process.env, timeoutMs: 20_000 },
      ...{ memory: { bytes: 2 ** 30, of: () => 0 }, onProgress: () => {}, signal: undefined },
      ...options,
    });
  };
  const say = (answer: object): string => `cat > /dev/null\nprintf '%s\\n' '${JSON.stringify(answer)}' >&3`;

  it('gives the result, and keeps what the framework writes apart from it', async () => {
    const { outcome, log } = await run(`${say(RESULT)}\necho '{"event":"failed"}'\necho a warning >&2`);
    assert.equal(outcome.outcome, 'done');
    assert.match(log, /a warning/);
  });

  it('tells progress as it goes', async () => {
    const told: string[] = [];
    await run(say({ event: 'progress', message: 'trace' }), { onProgress: (message) => told.push(message) });
    assert.deepEqual(told, ['trace']);
  });

  it('passes on what an exporter refuses, with its mend', async () => {
    const { outcome } = await run(
      say({ event: 'refused', code: 'convert/code', message: 'a pickle', mend: 'use skops' }),
    );
    assert.deepEqual(outcome, { outcome: 'refused', code: 'convert/code', message: 'a pickle', mend: 'use skops' });
  });

  it('tells one that ends without a word', async () => {
    const { outcome } = await run('exit 3');
    assert.deepEqual(outcome, { outcome: 'ended', how: 'exit code 3', isLimit: false });
  });

  it('ends one that takes too long, with all that it has started', async () => {
    const { outcome } = await run('sleep 60 & sleep 60', { timeoutMs: 300 });
    assert.deepEqual(outcome, { outcome: 'ended', how: 'it took longer than 0.3 s', isLimit: true });
  });

  it('leaves nothing behind, whatever leaves its group', async function () {
    if (process.platform !== 'linux' || !confinement({ network: false }).includes('--pid')) this.skip();
    const marker = join(folder, 'alive');
    await run(`setsid sh -c 'sleep 1; touch "${marker}"' & exit 3`);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.equal(existsSync(marker), false);
  });

  it('is not filled by an answer without an end', async () => {
    const { outcome } = await run('head -c 50000000 /dev/zero | tr "\\0" x >&3; head -c 5000000 /dev/zero; exit 0');
    assert.deepEqual(outcome, { outcome: 'ended', how: 'exit code 0', isLimit: false });
  });

  it('tells which way was taken', async () => {
    const { route } = await run(say({ event: 'route', name: 'SavedModel', isLast: false }));
    assert.deepEqual(route, { name: 'SavedModel', isLast: false });
  });

  it('ends one that takes too much memory', async () => {
    const { outcome } = await run('sleep 60', { memory: { bytes: 2 ** 30, of: () => 2 ** 31 } });
    assert.match(outcome.outcome === 'ended' ? outcome.how : '', /^it took more than 1\.0 GiB of memory$/);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await assert.rejects(run('sleep 60', { signal: stop.signal }), { name: 'AbortError' });
  });

  it('gives it no way to the network where the system can take it away', async function () {
    if (process.platform !== 'linux') this.skip();
    const { log } = await run('cat > /dev/null; cat /proc/net/dev; echo "proxy $HTTPS_PROXY"');
    assert.match(log, /proxy http:\/\/127\.0\.0\.1:9/);
  });
});
