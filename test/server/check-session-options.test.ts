import assert from 'node:assert/strict';
import type { Plan } from '../../schemas/plan.ts';
import { sessionOptions } from '../../src/validate/runtime/session-options.ts';
import { sessionOptionProblems } from '../../templates/server/check-session-options.ts';

const MEMORY = {} as NonNullable<Plan['memory']>;

describe('The session options that the memory plan counts on', () => {
  for (const profile of ['lean', 'fast'] as const) {
    for (const form of ['prepared', 'original'] as const) {
      it(`are those of the profile ${profile} for a model that is ${form}, as the packager writes them`, () => {
        const plan = { profile, memory: MEMORY, sessionOptions: { ...sessionOptions(profile, { form }) } };
        assert.deepEqual(sessionOptionProblems(plan), []);
      });
    }

    it(`are not those of ${profile} with the arena on, without a pattern, or side by side`, () => {
      const changed = { enableCpuMemArena: true, enableMemPattern: false, executionMode: 'parallel' };
      const plan = { profile, memory: MEMORY, sessionOptions: { ...sessionOptions(profile), ...changed } };
      const found = sessionOptionProblems(plan);
      assert.equal(found.length, 3);
      assert.match(found[0] ?? '', /enableCpuMemArena is true: an arena keeps/);
    });
  }

  it('are not there for lean where weights are repacked', () => {
    const { extra: _, ...others } = sessionOptions('lean');
    const plan = {
      profile: 'lean',
      memory: MEMORY,
      sessionOptions: { ...others, graphOptimizationLevel: 'all' },
    } as const;
    assert.match(sessionOptionProblems(plan).join(), /graphOptimizationLevel is "all".*disable_prepacking is not set/);
  });

  it('lay images out for lean only where filters are planned to be held', () => {
    const plan = {
      profile: 'lean',
      memory: MEMORY,
      sessionOptions: { ...sessionOptions('lean', { holdsFilters: true }) },
    } as const;
    assert.deepEqual(sessionOptionProblems({ ...plan, holdsFilters: true }), []);
    assert.match(sessionOptionProblems(plan).join(), /graphOptimizationLevel is "all"/);
  });

  it('do not matter where nothing was planned', () => {
    assert.deepEqual(sessionOptionProblems({ profile: 'lean', memory: null, sessionOptions: {} }), []);
  });
});
