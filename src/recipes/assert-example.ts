import type { CaseTensor } from '../../schemas/case.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { nearest } from '../nouns/nearest.ts';
import type { Model } from '../onnx/model.ts';

/**
 * Makes sure that a case feeds inputs which the model has, each once: the server refuses requests that do otherwise.
 * @throws Failure `cases/unknown-input`, `cases/input-twice`.
 */
export function assertExample(example: readonly CaseTensor[], { graph }: Model): void {
  const known = graph.inputs.map((input) => input.name);
  const seen = new Set<string>();
  for (const { name } of example) {
    if (!known.includes(name)) throw unknownInput(name, known);
    if (seen.has(name)) throw twice(name);
    seen.add(name);
  }
}

function unknownInput(name: string, known: readonly string[]): Failure {
  const near = nearest(name, known);
  return new Failure(
    `the first case feeds an input "${name}"; the model has ${known.map((own) => `"${own}"`).join(', ')}`,
    {
      code: 'cases/unknown-input',
      exit: EXIT.usage,
      mend: near === undefined ? 'Name inputs of the model in the cases.' : `Write "${near}" if that was meant.`,
    },
  );
}

function twice(name: string): Failure {
  return new Failure(`the first case feeds the input "${name}" twice`, {
    code: 'cases/input-twice',
    exit: EXIT.usage,
    mend: 'Leave one of the two.',
  });
}
