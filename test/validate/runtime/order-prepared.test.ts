import assert from 'node:assert/strict';
import type { Model, Node } from '../../../src/onnx/model.ts';
import { holdsFilters } from '../../../src/validate/memory/held-filters.ts';
import { inLeastOrder, type ProfileOf } from '../../../src/validate/runtime/order-prepared.ts';
import { DECLARED } from '../../support/declared-layers.ts';
import { model, node, weight } from '../../support/model-builder.ts';
import { STAGE } from '../../support/residual-stage.ts';

const BOUNDS = { N: 8 };

describe('inLeastOrder', () => {
  const tell = (nodes: readonly Node[]) => nodes.map(({ outputs }) => outputs.join()).join(' ');
  const mayHold = () => false;
  const orderFor = (profile: ProfileOf) =>
    tell(inLeastOrder(STAGE, { bounds: BOUNDS, profile, mayHold }).model.graph.nodes);

  it('asks what loads the model where that is to be settled by what it takes in the order for fast', () => {
    const [lean, fast] = [orderFor('lean'), orderFor('fast')];
    assert.notEqual(lean, fast);
    const asked: string[] = [];
    const answer = (profile: 'lean' | 'fast') => (of: Model) => {
      asked.push(tell(of.graph.nodes));
      return profile;
    };
    assert.equal(orderFor(answer('fast')), fast);
    assert.equal(orderFor(answer('lean')), lean);
    assert.deepEqual(asked, [fast, fast]);
  });

  it('does not ask where both profiles run the same nodes', () => {
    const product = model({
      inputs: ['float[N,64] x'],
      outputs: ['float[N,64] y'],
      nodes: [node('y = MatMul(x, w)')],
      initializers: [weight('float[64,64] w')],
    });
    const profile = () => assert.fail('asked');
    assert.equal(inLeastOrder(product, { bounds: BOUNDS, profile }).reordered, null);
  });

  it('leaves declared shapes out where they cost memory, and says what that wins', () => {
    const found = inLeastOrder(DECLARED, { bounds: { batch: 16, length: 64 }, profile: 'lean' });
    assert.deepEqual(found.model.graph.valueInfos, []);
    assert.ok((found.reordered?.fromBytes ?? 0) > (found.reordered?.toBytes ?? Infinity));
  });

  it('holds filters for lean alone, where that may be and the level does no more than lay them out', () => {
    const found = (options: Partial<Parameters<typeof inLeastOrder>[1]>) =>
      holdsFilters(inLeastOrder(STAGE, { bounds: BOUNDS, profile: 'lean', ...options }).model);
    const seen: boolean[] = [];
    const mayHold = (of: Model) => seen.push(holdsFilters(of)) > 1;
    assert.equal(found({}), true);
    assert.equal(found({ profile: 'fast' }), false);
    assert.equal(found({ level: 'basic' }), false);
    assert.equal(found({ mayHold }), false);
    assert.equal(found({ mayHold, profile: () => 'lean' }), true);
    assert.deepEqual(seen, [true, true]);
  });
});
