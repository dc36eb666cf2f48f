import assert from 'node:assert/strict';
import { allocateBuffers } from '../../../src/validate/memory/allocate-buffers.ts';
import { node } from '../../support/model-builder.ts';

/** All values alike unless `others` names them. */
function buffersOf(nodes: readonly string[], outputs: readonly string[], others: readonly string[] = []) {
  return allocateBuffers({
    order: nodes.map((text) => node(text)),
    outputs: new Set(outputs),
    samenessOf: (name) => (others.includes(name) ? null : '4:8,8'),
  });
}

function rootsOf(...facts: Parameters<typeof buffersOf>): Record<string, string> {
  return Object.fromEntries([...buffersOf(...facts)].map(([name, { root }]) => [name, root]));
}

describe('Buffers of values', () => {
  it('are written over by a last user that works in place', () => {
    const roots = rootsOf(['a = Neg(x)', 'b = Relu(a)', 'c = Neg(b)'], ['c']);
    assert.deepEqual(roots, { a: 'a', b: 'a', c: 'c' });
  });

  it('are kept while another node still needs the value', () => {
    const roots = rootsOf(['a = Neg(x)', 'b = Relu(a)', 'c = Add(a, b)'], ['c']);
    assert.equal(roots.b, 'b');
  });

  it('are not shared where the runtime cannot tell that sizes are alike', () => {
    const roots = rootsOf(['a = Neg(x)', 'b = Relu(a)', 'c = Neg(b)'], ['c'], ['b']);
    assert.equal(roots.b, 'b');
  });

  it('are never those of the inputs, even for aliases of them that are computed on', () => {
    const buffers = buffersOf(['a = Reshape(x, s)', 'b = Relu(a)', 'c = Neg(b)'], ['c']);
    assert.deepEqual(buffers.get('a'), { root: 'x', kind: 'given', lastUse: null });
    assert.equal(buffers.get('b')?.root, 'b');
  });

  it('are taken from values that are dead, the last freed first, and live until the last of them is used', () => {
    const buffers = buffersOf(['a = Neg(x)', 'b = Exp(a)', 'c = Neg(b)', 'd = Exp(c)', 'e = Neg(d)'], ['e']);
    assert.equal(buffers.get('c')?.root, 'a');
    assert.equal(buffers.get('d')?.root, 'b');
    assert.equal(buffers.get('a')?.lastUse, 3);
    assert.equal(buffers.get('b')?.lastUse, 4);
  });

  it('of outputs are their own and outlive the run', () => {
    const buffers = buffersOf(['a = Neg(x)', 'b = Relu(a)', 'c = Relu(b)'], ['b', 'c']);
    assert.deepEqual(buffers.get('b'), { root: 'b', kind: 'output', lastUse: null });
    assert.equal(buffers.get('c')?.root, 'c');
  });

  it('of a sequence live as long as any that holds its tensors', () => {
    const nodes = [
      's = SequenceConstruct(x)',
      't = SequenceInsert(s, x)',
      'u = SequenceErase(t)',
      'a = SequenceAt(u, i)',
      'b = Neg(a)',
    ];
    const buffers = buffersOf(nodes, ['b'], ['s', 't', 'u']);
    assert.deepEqual(
      ['s', 't', 'u'].map((name) => buffers.get(name)?.lastUse),
      [3, 3, 3],
    );
    assert.equal(buffersOf(nodes.slice(0, 3), ['u'], ['s', 't', 'u']).get('s')?.lastUse, null);
  });
});
