import { existsSync, readFileSync } from 'node:fs';
import type { Case } from '../schemas/case.ts';
import type { Conversion } from '../src/nouns/conversion.ts';
import type { Model, Shape, ValueInfo } from '../src/onnx/model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { caseSignature } from '../src/validate/cases/case-signature.ts';
import { readCases } from '../src/validate/cases/read-cases.ts';

/** What exporters leave of the machine that exported. */
const REMNANTS = ['site-packages', 'stack_trace', 'Traceback', '.py"', '.py:'];

/** What an export is promised to be and is not, each in words; nothing where all is well. */
export async function brokenPromises(
  { modelPath, casesPath }: { readonly modelPath: string; readonly casesPath: string },
  { conversion, places }: { readonly conversion: Conversion; readonly places: readonly string[] },
): Promise<readonly string[]> {
  const model = readModel(modelPath);
  const cases = await readCases(casesPath, () => caseSignature(model.graph));
  const bytes = readFileSync(modelPath);
  return [
    ...[...places, ...REMNANTS].filter((text) => bytes.includes(text)).map((text) => `the model names ${text}`),
    ...(existsSync(`${modelPath}.data`) ? ['small weights lie in a file of their own'] : []),
    ...model.graph.nodes.filter(({ opType }) => opType === 'ZipMap').map(({ name }) => `${name} makes maps`),
    ...opsetsOtherwise(model, conversion),
    ...cases.flatMap((one) => shapesOtherwise(model, one)),
  ];
}

function opsetsOtherwise(model: Model, { opsets }: Conversion): readonly string[] {
  return model.opsetImports
    .filter(({ domain, version }) => opsets[domain || 'ai.onnx'] !== version)
    .map(({ domain, version }) => `the file says opset ${version} of ${domain || 'ai.onnx'}, the conversion another`);
}

/** A case feeds every input, and every declared size is the one that came. */
function shapesOtherwise({ graph }: Model, { name, inputs, outputs }: Case): readonly string[] {
  const { inputs: wanted, outputs: given } = caseSignature(graph);
  const unfed = wanted.filter((value) => !inputs.some((tensor) => tensor.name === value.name));
  const wrong = [...inputs, ...outputs].filter(
    ({ name: edge, shape }) => !fits(shapeOf([...wanted, ...given], edge), shape),
  );
  return [
    ...unfed.map((value) => `${name} does not feed ${value.name}`),
    ...wrong.map(({ name: edge, shape }) => `${name}: ${edge} came as [${shape}], which is not as declared`),
  ];
}

function shapeOf(values: readonly ValueInfo[], name: string): Shape {
  const type = values.find((value) => value.name === name)?.type;
  return type?.kind === 'tensor' ? type.shape : null;
}

function fits(declared: Shape, found: readonly number[]): boolean {
  if (declared === null || declared.length !== found.length) return false;
  return declared.every((size, axis) => typeof size !== 'number' || size === found[axis]);
}
