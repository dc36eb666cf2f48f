import assert from 'node:assert/strict';
import { RequestError } from '../../../templates/server/request-error.ts';
import { Ledger } from '../../../templates/server/scheduling/ledger.ts';

describe('The ledger of bytes', () => {
  it('takes what fits and refuses the rest with 429 and Retry-After', () => {
    const ledger = new Ledger(100);
    ledger.hold(60);
    assert.throws(
      () => ledger.hold(41),
      (error) =>
        error instanceof RequestError &&
        error.status === 429 &&
        error.headers['retry-after'] === '1' &&
        error.message === 'memory is taken: requests hold 60 of 100 bytes, and this one needs 41 more',
    );
    ledger.hold(40);
    ledger.release(100);
    assert.equal(ledger.heldBytes, 0);
  });

  it('has room made before it refuses', () => {
    const ledger = new Ledger(100);
    ledger.hold(100);
    ledger.onFull({ reclaim: () => ledger.release(50), refused() {} });
    ledger.hold(30);
    assert.equal(ledger.heldBytes, 80);
  });

  it('counts what cannot be refused against what comes', () => {
    const ledger = new Ledger(100);
    ledger.add(150);
    assert.throws(() => ledger.hold(1), RequestError);
  });
});
