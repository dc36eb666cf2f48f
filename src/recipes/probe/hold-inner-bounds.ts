import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { axisBounds } from '../../nouns/axis-bound.ts';
import type { Finding } from '../../nouns/finding.ts';
import { encodeModel } from '../../onnx/encode-model.ts';
import type { Model, ValueInfo } from '../../onnx/model.ts';
import { caseSignature } from '../../validate/cases/case-signature.ts';
import { readCases } from '../../validate/cases/read-cases.ts';
import { tensorsOf } from '../../validate/cases/tensor-of-case.ts';
import { exceededBounds, rule, type SeenValue } from '../../validate/memory-rules/bound-exceeded.ts';
import { asFinding } from '../../validate/rules/rule-finding.ts';
import { childLimits } from '../../validate/runtime/child-limits.ts';
import { withRuntimeChild } from '../../validate/runtime/runtime-child.ts';
import { sessionOptions } from '../../validate/runtime/session-options.ts';
import { inferShapes } from '../../validate/shapes/infer-shapes.ts';
import type { ShippedProject } from '../fit-project.ts';
import { placedModel } from '../placed-model.ts';
import { preparedOf } from '../prepared-project.ts';
import type { Workbench } from '../workbench.ts';

/** A case more says little; each is a run of the model. */
const MOST_CASES = 64;

/**
 * Runs the model that ships on the project's cases, and tells where a value inside its main graph is larger than the bound that
 * the configuration gives it. Nothing where there are no such bounds, or no cases.
 */
export async function holdInnerBounds(
  shipped: Pick<ShippedProject, 'project' | 'assayed' | 'runtime'>,
  { signal, cache }: Pick<Workbench, 'signal' | 'cache'>,
): Promise<readonly Finding[]> {
  const { project, assayed } = shipped;
  const { model, bytes } = preparedOf(assayed);
  const watched = watchedValues(model, project.config.bounds);
  if (watched.length === 0 || project.casesPath === undefined) return [];
  const cases = (await readCases(project.casesPath, () => caseSignature(model.graph))).slice(0, MOST_CASES);
  const runs = cases.map(({ name, inputs }) => ({ ranOn: `the case "${name}"`, feeds: tensorsOf(inputs) }));
  const seen: SeenValue[] = [];
  const [graph] = await placedModel(assayed, { cache });
  const limits = childLimits(bytes, totalmem());
  await withRuntimeChild(
    { runtimeFolder: shipped.runtime.folder, limits, ...(signal && { signal }) },
    async (child) => {
      const created = await child.ask('create', {
        session: SESSION,
        model: {
          kind: 'bytes',
          bytes: encodeModel(withOutputs(model, watched)),
          folder: dirname(graph ?? ''),
        },
        options: { ...sessionOptions('lean', { form: assayed.form }), graphOptimizationLevel: 'disabled' },
      });
      if (created.outcome !== 'ok') return;
      for (const { ranOn, feeds } of runs) {
        const run = await child.ask('run', { session: SESSION, feeds });
        if (run.outcome === 'ok') seen.push(...run.value.outputs.map(({ name, dims }) => ({ ranOn, name, dims })));
      }
    },
  );
  return seen
    .flatMap((value) => exceededBounds(value, project.config.bounds))
    .map((violation) => asFinding({ rule, violation, file: project.modelPath, isHinted: false }));
}

const SESSION = 'watched';

/** Values that nodes of the main graph make and a bound names, as outputs. */
function watchedValues(model: Model, bounds: Readonly<Record<string, number>>): readonly ValueInfo[] {
  const bounded = axisBounds(Object.entries(bounds));
  const names = model.graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '' && bounded.has(name));
  if (names.length === 0) return [];
  const { values } = inferShapes(model, { bounds: new Map(Object.entries(bounds)) });
  return names.flatMap((name) => {
    const fact = values.get(name);
    if (fact?.kind !== 'tensor') return [];
    return [{ ...NAMELESS, name, type: { kind: 'tensor', elementType: fact.elementType, shape: null } } as const];
  });
}

const NAMELESS = { docString: '', metadata: new Map(), unknown: [] } as const;

function withOutputs(model: Model, values: readonly ValueInfo[]): Model {
  const { graph } = model;
  const there = new Set(graph.outputs.map(({ name }) => name));
  const outputs = [...graph.outputs, ...values.filter(({ name }) => !there.has(name))];
  return { ...model, graph: { ...graph, outputs } };
}
