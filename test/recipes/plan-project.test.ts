import assert from 'node:assert/strict';
import { Config } from '../../src/nouns/config.ts';
import { openCauses } from '../../src/nouns/memory-report.ts';
import type { Project } from '../../src/project/read-project.ts';
import { memoryFindings, planProject } from '../../src/recipes/plan-project.ts';
import { withProbe } from '../../src/recipes/probe/with-probe.ts';
import { probeOf, WIDE_MODEL } from '../support/memory-report.ts';

const MIB = 2 ** 20;

describe('The memory of a model that ships as it is', () => {
  const config = Config.parse({ model: 'model.onnx', bounds: { batch: 64 }, budget: { memory: '256MiB' } });
  const project = { config, modelPath: 'model.onnx' } as Project;
  const planned = planProject(project, {
    state: 'prepared',
    model: WIDE_MODEL,
    form: 'original',
    reason: 'it carries what training needs',
    bytes: 1,
  });

  it('has no number, and says why', () => {
    const { memory } = planned;
    assert.ok(memory);
    assert.deepEqual([memory.verdict, memory.upperBoundBytes, memory.profiles], ['unknown', null, []]);
    assert.match(openCauses(memory)[0]?.why ?? '', /as it is \(it carries what training needs\)/);
    const [finding] = memoryFindings(planned, { project, model: WIDE_MODEL });
    assert.deepEqual([finding?.rule, finding?.severity], ['memory/unknown', 'warning']);
  });

  it('is what a probe measures, where one does', () => {
    assert.ok(planned.memory);
    const probed = withProbe(planned.memory, { ...probeOf(80 * MIB, 80 * MIB), plannedBytes: null, agrees: null });
    assert.deepEqual([probed.basis, probed.verdict], ['probe', 'fits']);
    const findings = memoryFindings({ memory: probed }, { project, model: WIDE_MODEL });
    assert.deepEqual(
      findings.map(({ rule, severity }) => [rule, severity]),
      [['memory/unknown', 'note']],
    );
  });
});
