import assert from 'node:assert/strict';
import type { Attribute, Model } from '../../../src/onnx/model.ts';
import { shippedKernelFacts } from '../../../src/validate/operators/kernel-facts.ts';
import { schemaHistory } from '../../../src/validate/operators/operator-schemas.ts';
import { singleNodeModel } from '../../../src/validate/operators/single-node-model.ts';
import { checkModel } from '../../../src/validate/rules/check-model.ts';
import { MODE_TEXTS, modeTexts } from '../../../src/validate/rules/runtime/mode-texts.ts';
import { useLoadingChild } from '../../support/loading-child.ts';

const REFUSED = 'weird';

const RECURRENT = /^(RNN|GRU|LSTM)$/;
const SIZE: Attribute = {
  name: 'hidden_size',
  reference: '',
  docString: '',
  unknown: [],
  value: { kind: 'int', value: 2n },
};

/** Schemas of which the runtime has a kernel and which have the attribute. */
function cases() {
  const { kernels, typeLists } = shippedKernelFacts();
  return Object.entries(MODE_TEXTS).flatMap(([opType, byAttribute]) =>
    Object.keys(byAttribute).flatMap((attribute) =>
      schemaHistory({ domain: '', name: opType }).flatMap((schema) => {
        const entry = kernels['']?.[opType]?.[String(schema.since)];
        const row = entry?.accepted[0];
        if (!entry || !row || !schema.attributes.has(attribute)) return [];
        const types = Object.fromEntries(
          entry.variables.map((variable, place) => [variable, usual(typeLists[row[place] ?? -1] ?? [])]),
        );
        const made = singleNodeModel(schema, types);
        return made ? [{ opType, attribute, since: schema.since, made }] : [];
      }),
    ),
  );
}

/** Not every type that a kernel takes can stand at the edge of a model. */
function usual(types: readonly string[]): string {
  return types.find((type) => type === 'tensor(float)') ?? types[0] ?? '';
}

function withText(made: Model, name: string, text: string): Model {
  const value = { kind: 'string', value: Buffer.from(text) } as const;
  const set: Attribute = { name, reference: '', docString: '', unknown: [], value };
  const nodes = made.graph.nodes.map((node) => ({
    ...node,
    attributes: [
      ...node.attributes.filter((one) => one.name !== name),
      set,
      ...(RECURRENT.test(node.opType) ? [SIZE] : []),
    ],
  }));
  return { ...made, graph: { ...made.graph, nodes } };
}

describe('The texts that kernels take', () => {
  const load = useLoadingChild();

  for (const { opType, attribute, since, made } of cases()) {
    it(`are the runtime's for ${opType}-${since} ${attribute}`, async () => {
      for (const text of modeTexts(opType, attribute, since) ?? []) {
        const outcome = await load(withText(made, attribute, text));
        // The machine that runs the tests may have no locale but C.
        if (JSON.stringify(outcome).includes('Failed to construct locale')) continue;
        assert.equal(outcome?.outcome, 'ok', `${text}: ${JSON.stringify(outcome)}`);
      }
      const outcome = await load(withText(made, attribute, REFUSED));
      const ours = checkModel({ model: withText(made, attribute, REFUSED) });
      assert.equal(outcome?.outcome, 'refused', JSON.stringify(outcome));
      assert.ok(ours.some(({ rule }) => rule === 'runtime/kernel-limit'));
    });
  }
});
