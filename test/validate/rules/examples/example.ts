import type { Finding } from '../../../../src/nouns/finding.ts';
import type { Model } from '../../../../src/onnx/model.ts';
import { allFindings } from '../../../../src/validate/rules/check-model.ts';
import type { CheckFacts } from '../../../../src/validate/rules/rule-context.ts';
import { inferShapes } from '../../../../src/validate/shapes/infer-shapes.ts';
import { type ModelParts, model } from '../../../support/model-builder.ts';
import { renderModelText } from '../../../support/render-model-text.ts';

/** Something that a rule judges, as its page shows it. */
export interface Example {
  readonly text: string;
  readonly model?: Model;
  readonly findings: () => readonly Finding[];
}

export interface RuleExamples {
  readonly fails: Example;
  readonly passes: Example;
}

export type ExampleTable = Readonly<Record<string, RuleExamples>>;

/** What is known beside the model, and how the page says it. */
export interface Given {
  readonly facts: Omit<CheckFacts, 'model'>;
  readonly said: string;
}

/** A model; types and shapes are inferred, as linting does. */
export function onModel(parts: ModelParts, given?: Given): Example {
  const built = model(parts);
  const comment = given ? [`# ${given.said}`] : [];
  return {
    text: [...comment, renderModelText(built)].join('\n'),
    model: built,
    findings: () => {
      const shaped = inferShapes(built, { readTensor: () => null });
      return allFindings({ model: built, shaped, ...given?.facts });
    },
  };
}
