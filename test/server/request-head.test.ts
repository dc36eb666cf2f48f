import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readLikeHead, readPlainHead } from '../../templates/server/http/request-head.ts';

const headOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
const START = 'POST /v2/models/model/infer HTTP/1.1';

describe('readLikeHead', () => {
  const known = readPlainHead(headOf([START, 'Host: x', 'Content-Length: 17', 'Accept: */*']));
  assert.ok(known);

  it('reads what differs by its content length alone as it would be read anew', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 40),
        fc.nat(2 ** 40),
        fc.constantFrom(0, 1, 2, 3),
        fc.constantFrom('', ' ', '\t '),
        (one, other, place, space) => {
          const fields = ['host: x', 'accept: 17', 'x: y'];
          const withLength = (length: number) => {
            const lines = [...fields];
            lines.splice(place, 0, `content-length:${space}${length}${space}`);
            return headOf([START, ...lines]);
          };
          const first = readPlainHead(withLength(one));
          assert.ok(first);
          const bytes = withLength(other);
          const found = readLikeHead(first, Buffer.concat([Buffer.from('ab'), bytes, Buffer.from('{}')]), 2);
          const wanted = readPlainHead(bytes);
          assert.deepEqual(
            { ...found, headers: { ...found?.headers } },
            { ...wanted, headers: { ...wanted?.headers } },
          );
        },
      ),
    );
  });

  it('takes what was made of the known head along, but for the length', () => {
    const route = { method: 'GET', answer: () => ({ status: 200, body: '' }) } as const;
    const meant = { ...known, meaning: { route, body: { declaredBytes: 17, coding: undefined, jsonBytes: 5 } } };
    const { bytes } = known;
    const text = bytes.toString('latin1').replace('17', '123');
    assert.deepEqual(readLikeHead(meant, Buffer.from(text), 0)?.meaning, {
      route,
      body: { declaredBytes: 123, coding: undefined, jsonBytes: 5 },
    });
  });

  const others: readonly (readonly [string, readonly string[]])[] = [
    ['another place', ['POST /v2/models/other/infer HTTP/1.1', 'Host: x', 'Content-Length: 17', 'Accept: */*']],
    ['another field behind it', [START, 'Host: x', 'Content-Length: 18', 'Accept: x/*']],
    ['one field more', [START, 'Host: x', 'Content-Length: 18', 'Accept: */*', 'Expect: 100-continue']],
    ['no length', [START, 'Host: x', 'Content-Length: ', 'Accept: */*']],
    ['a length with a sign', [START, 'Host: x', 'Content-Length: +18', 'Accept: */*']],
    ['a length of two parts', [START, 'Host: x', 'Content-Length: 18,18', 'Accept: */*']],
    ['a length that is too long', [START, 'Host: x', `Content-Length: ${'1'.repeat(16)}`, 'Accept: */*']],
  ];
  for (const [what, lines] of others) {
    it(`leaves a head with ${what} to be read anew`, () => {
      assert.equal(readLikeHead(known, headOf(lines), 0), undefined);
    });
  }

  it('leaves a head that is cut off anywhere to be read anew', () => {
    const whole = headOf([START, 'Host: x', 'Content-Length: 1800', 'Accept: */*']);
    for (let end = 0; end < whole.length; end++) {
      assert.equal(readLikeHead(known, whole.subarray(0, end), 0), undefined, `${end} bytes`);
    }
    assert.equal(readLikeHead(known, whole, 0)?.bodyBytes, 1800);
  });

  it('takes no body for a GET', () => {
    const get = readPlainHead(headOf(['GET / HTTP/1.1', 'Host: x', 'Content-Length: 0']));
    assert.ok(get);
    assert.equal(readLikeHead(get, headOf(['GET / HTTP/1.1', 'Host: x', 'Content-Length: 5']), 0), undefined);
  });
});
