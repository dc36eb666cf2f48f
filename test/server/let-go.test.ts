import assert from 'node:assert/strict';
import { letAllGo, letGo, letTensorsGo } from '../../templates/server/let-go.ts';

describe('letGo', () => {
  it('takes the memory of a whole buffer away', () => {
    const buffer = Buffer.allocUnsafeSlow(100_000);
    letGo(buffer);
    assert.equal(buffer.length, 0);
  });

  it('takes that of one which begins some bytes in and ends before its end, where that is said', () => {
    const buffer = Buffer.allocUnsafeSlow(100_007).subarray(7, 90_000);
    letAllGo(buffer);
    assert.equal(buffer.length, 0);
  });

  it('leaves pieces of larger buffers alone, since others lie beside them', () => {
    const whole = new Float32Array(100_000);
    letGo(whole.subarray(0, 50_000));
    letGo(whole.subarray(10));
    // Rows of two requests that shared a run, however few those of one are.
    letGo(whole.subarray(1));
    letGo(whole.subarray(0, -1));
    assert.equal(whole.length, 100_000);
  });

  it('leaves what is small alone: Node cuts it from a buffer for many', () => {
    const small = Buffer.from('some words');
    letGo(small);
    assert.equal(small.toString(), 'some words');
  });

  it('takes a buffer that is gone already, and an empty one', () => {
    const buffer = Buffer.allocUnsafeSlow(100_000);
    letGo(buffer);
    letGo(buffer);
    letGo(new Uint8Array(0));
  });
});

describe('letTensorsGo', () => {
  it('takes the memory of numbers and leaves texts alone', () => {
    const numbers = new Float32Array(5000);
    const texts = ['a', 'b'];
    letTensorsGo({ numbers: { data: numbers }, texts: { data: texts } });
    assert.equal(numbers.length, 0);
    assert.deepEqual(texts, ['a', 'b']);
  });
});
