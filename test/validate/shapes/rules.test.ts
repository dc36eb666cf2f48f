import assert from 'node:assert/strict';
import { knownDomains, operatorNames, schemaHistory } from '../../../src/validate/operators/operator-schemas.ts';
import { findRule, RULES } from '../../../src/validate/shapes/rules.ts';

/** Operators of the schemas that no rule is for, and why. */
const WITHOUT_RULE: Readonly<Record<string, string>> = {
  ':DisentangledAttention_TRT': 'runs in TensorRT only',
  ':EfficientNMS_TRT': 'runs in TensorRT only',
  ':MultilevelCropAndResize_TRT': 'runs in TensorRT only',
  ':PyramidROIAlign_TRT': 'runs in TensorRT only',
  ':GRUUnit': 'experimental, gone since 2019, has no kernel',
  'com.microsoft:EPContext': 'what is in it is for one vendor’s compiler',
  'com.microsoft:Snpe': 'what is in it is for one vendor’s compiler',
  'com.microsoft:QOrderedAttention': 'runs on graphics processors only',
  'com.microsoft:QOrderedMatMul': 'runs on graphics processors only',
  'com.microsoft:QuantizeBFP': 'its packed form is the processor’s own',
  'com.ms.internal.nhwc:ConvTranspose': 'written for other execution providers only',
  'com.ms.internal.nhwc:DepthToSpace': 'written for other execution providers only',
  'com.ms.internal.nhwc:GridSample': 'written for other execution providers only',
  'com.ms.internal.nhwc:MaxUnpool': 'written for other execution providers only',
  'com.ms.internal.nhwc:QLinearConvTranspose': 'written for other execution providers only',
  'com.ms.internal.nhwc:Resize': 'written for other execution providers only',
  'com.ms.internal.nhwc:SpaceToDepth': 'written for other execution providers only',
};

describe('the table of shape rules', () => {
  for (const domain of knownDomains()) {
    it(`has a rule for every version of every operator of ${domain || 'ai.onnx'}, but for those with a reason`, () => {
      const without = operatorNames(domain).filter((name) =>
        schemaHistory({ domain, name }).some(({ since }) => !findRule({ domain, opType: name }, since)),
      );
      const excused = Object.keys(WITHOUT_RULE).filter((key) => key.slice(0, key.lastIndexOf(':')) === domain);
      assert.deepEqual(without.map((name) => `${domain}:${name}`).sort(), excused.sort());
    });
  }

  it('has no rule for what is no operator', () => {
    const unknown = [...RULES].flatMap(([domain, rules]) =>
      [...rules.keys()]
        .filter((name) => schemaHistory({ domain, name }).length === 0)
        .map((name) => `${domain}:${name}`),
    );
    assert.deepEqual(unknown, []);
  });
});
