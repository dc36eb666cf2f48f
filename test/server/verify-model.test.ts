import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyModel } from '../../templates/server/verify-model.ts';
import { makePlan, TWO_BY_TWO } from './plans.ts';

const MIB = 2 ** 20;

describe('The model’s files', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-verify-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const digest = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  /** A plan for a graph and its data; what is on disk may be something else. */
  const lay = (graph: Buffer, data: Buffer, onDisk: { readonly data?: Buffer; readonly graph?: Buffer } = {}) => {
    writeFileSync(join(folder, 'model.onnx'), onDisk.graph ?? graph);
    writeFileSync(join(folder, 'model.data'), onDisk.data ?? data);
    const plan = makePlan(TWO_BY_TWO);
    const model = {
      ...plan.model,
      digest: digest(graph),
      data: [{ file: 'model.data', digest: digest(data), bytes: data.length }],
    };
    return verifyModel({ ...plan, model }, join(folder, 'plan.json'));
  };
  const graph = randomBytes(1000);
  const data = randomBytes(3 * MIB + 5);

  it('are taken where they are what the plan says', async () => {
    const { later, laterBytes } = await lay(graph, data);
    assert.equal(laterBytes, 0);
    await later();
  });

  it('are refused before the start where one is damaged or cut short', async () => {
    const damaged = Buffer.from(data);
    damaged[MIB] = (damaged[MIB] ?? 0) ^ 1;
    await assert.rejects(
      lay(graph, data, { data: damaged }),
      /model\.data has digest sha256:\w+; the plan says sha256:\w+: the image is damaged/,
    );
    await assert.rejects(
      lay(graph, data, { data: data.subarray(1) }),
      /model\.data has 3145732 bytes; the plan says 3145733/,
    );
    await assert.rejects(lay(graph, data, { graph: randomBytes(1000) }), /model\.onnx has digest/);
  });

  it('are checked while serving where they are large', async () => {
    const large = randomBytes(17 * MIB);
    const damaged = Buffer.from(large);
    damaged[16 * MIB] = (damaged[16 * MIB] ?? 0) ^ 1;
    const { later, laterBytes } = await lay(graph, large, { data: damaged });
    assert.equal(laterBytes, 17 * MIB);
    await assert.rejects(later(), /model\.data has digest/);
  });
});
