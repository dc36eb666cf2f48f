import assert from 'node:assert/strict';
import { Config, type ConfigInput } from '../../src/nouns/config.ts';
import type { Prepared } from '../../src/recipes/prepared-project.ts';
import { formFacts, planOptions, settleProfile, wantedForm } from '../../src/recipes/settle-profile.ts';
import { withHeldFilters } from '../../src/validate/memory/held-filters.ts';
import { planMemory } from '../../src/validate/memory/plan-memory.ts';
import { servingLimit } from '../../src/validate/memory/serving-limit.ts';
import { model, node, weight } from '../support/model-builder.ts';

/** Its weights are mapped in `lean`, and repacked into memory in `fast`. */
const NET = model({
  inputs: ['float[batch,2048] x'],
  outputs: ['float[batch,2048] y'],
  initializers: [weight('float[2048,2048] w')],
  nodes: [node('y = MatMul(x, w)')],
});
const PREPARED: Prepared = { state: 'prepared', model: NET, form: 'prepared', reason: null, bytes: 2 ** 24 };
/** Images of its convolution lie in blocks in `fast`. */
const IMAGES = model({
  inputs: ['float[batch,16,8,8] x'],
  outputs: ['float[batch,16,8,8] y'],
  initializers: [weight('float[16,16,1,1] w')],
  nodes: [node('y = Conv(x, w)')],
});
const configOf = (input: Partial<ConfigInput>): Config =>
  Config.parse({ model: 'model.onnx', bounds: { batch: 8 }, ...input });

describe('settleProfile', () => {
  const limitOf = (profile: 'fast'): number => {
    const plan = planMemory({ ...planOptions(configOf({}), NET), profile });
    const serving = servingLimit({ ...planOptions(configOf({}), NET), profile }) ?? Number.NaN;
    return plan.state === 'known' ? Math.max(plan.recommendedLimitBytes, serving) : Number.NaN;
  };

  it('takes the fastest way that fits the budget', () => {
    const settled = (memory?: number) =>
      settleProfile(configOf(memory === undefined ? {} : { budget: { memory: `${memory}B` } }), PREPARED);
    assert.equal(settled(), 'fast');
    assert.equal(settled(limitOf('fast')), 'fast');
    assert.equal(settled(limitOf('fast') - 2 ** 20), 'lean');
    assert.equal(settled(2 ** 20), 'lean');
  });

  it('takes the one that is asked for, whatever it needs', () => {
    assert.equal(settleProfile(configOf({ serve: { profile: 'fast' }, budget: { memory: '1MiB' } }), PREPARED), 'fast');
    assert.equal(settleProfile(configOf({ serve: { profile: 'lean' } }), PREPARED), 'lean');
  });

  it('takes what needs least where a budget is set and nothing can be planned', () => {
    const original: Prepared = { ...PREPARED, form: 'original', reason: 'it cannot be written' };
    const open = configOf({ bounds: {}, budget: { memory: '1GiB' } });
    assert.equal(settleProfile(open, PREPARED), 'lean');
    assert.equal(settleProfile(configOf({ budget: { memory: '1GiB' } }), original), 'lean');
    assert.equal(settleProfile(configOf({}), original), 'fast');
  });
});

describe('planOptions', () => {
  it('take a row for made up where the server has no case to warm up on', () => {
    const conversion = { from: 'sklearn', source: 'model.skops' } as const;
    assert.equal(planOptions(configOf({}), NET).firstRun, 'made-up');
    assert.equal(planOptions(configOf({ cases: 'cases' }), NET).firstRun, 'example');
    assert.equal(planOptions(configOf({ model: conversion }), NET).firstRun, 'example');
  });
});

describe('wantedForm', () => {
  it('is settled where no plan has to settle it', () => {
    assert.equal(wantedForm(configOf({})).profile, 'fast');
    assert.equal(wantedForm(configOf({ serve: { profile: 'lean' }, budget: { memory: '1GiB' } })).profile, 'lean');
  });

  it('goes by the plan where a budget is set', () => {
    const settle = (memory: string) => {
      const { profile } = wantedForm(configOf({ budget: { memory } }));
      return typeof profile === 'string' ? profile : profile(NET);
    };
    assert.equal(settle('1GiB'), 'fast');
    assert.equal(settle('1MiB'), 'lean');
  });

  it('lets lean hold filters where these fit the budget', () => {
    const mayHold = (memory: string) => {
      const wanted = wantedForm(configOf({ serve: { profile: 'lean' }, budget: { memory } }));
      return wanted.mayHold?.(withHeldFilters(IMAGES));
    };
    assert.equal(mayHold('1GiB'), true);
    assert.equal(mayHold('1MiB'), false);
    assert.equal(wantedForm(configOf({ serve: { profile: 'lean' } })).mayHold, undefined);
  });
});

describe('formFacts', () => {
  it('are none where all profiles run the same nodes', () => {
    assert.equal(formFacts(configOf({ serve: { profile: 'lean' } }), NET), null);
  });

  it('differ by profile where images lie in blocks, and by the budget where that decides', () => {
    const factsOf = (input: Partial<ConfigInput>) => JSON.stringify(formFacts(configOf(input), IMAGES));
    const different = new Set([
      factsOf({}),
      factsOf({ serve: { profile: 'lean' } }),
      factsOf({ serve: { profile: 'lean' }, budget: { memory: '1GiB' } }),
      factsOf({ budget: { memory: '1GiB' } }),
      factsOf({ budget: { memory: '2GiB' } }),
    ]);
    assert.equal(different.size, 5);
    assert.equal(factsOf({ serve: { profile: 'fast' }, budget: { memory: '1GiB' } }), factsOf({}));
    assert.equal(factsOf({}), factsOf({ serve: { profile: 'fast' } }));
  });
});
