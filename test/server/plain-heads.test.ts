import assert from 'node:assert/strict';
import { PlainHeads } from '../../templates/server/http/plain-heads.ts';

const HEADER_BYTES = 16_384;

function headOf(letters: number, bodyBytes = 0): Buffer {
  return Buffer.from(
    `POST /v2 HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(letters)}\r\ncontent-length: ${bodyBytes}\r\n\r\n`,
  );
}

describe('The plain heads of a connection', () => {
  it('are read once where they come again', () => {
    const heads = new PlainHeads(HEADER_BYTES);
    const head = heads.find(headOf(1000), 0);
    assert.equal(heads.find(headOf(1000), 0), head);
    const like = heads.find(headOf(1000, 7), 0);
    assert.equal(typeof like === 'object' && like.bodyBytes, 7);
    assert.equal(heads.find(headOf(1000, 7), 0), like);
  });

  it('are not kept where they are long, but read all the same', () => {
    const heads = new PlainHeads(HEADER_BYTES);
    const head = heads.find(headOf(15_000, 7), 0);
    assert.equal(typeof head === 'object' && head.bodyBytes, 7);
    assert.notEqual(heads.find(headOf(15_000, 7), 0), head);
  });

  it('end within the limit, or are not plain', () => {
    const heads = new PlainHeads(HEADER_BYTES);
    assert.equal(heads.find(headOf(HEADER_BYTES), 0), 'not plain');
    assert.equal(heads.find(headOf(1000).subarray(0, 500), 0), 'unfinished');
  });
});
