import assert from 'node:assert/strict';
import { BodyBudget } from '../../templates/server/body-budget.ts';

describe('the budget for bodies', () => {
  it('refuses what does not fit beside the others, and takes it once they are gone', () => {
    const budget = new BodyBudget(10);
    budget.hold(6);
    assert.throws(() => budget.hold(5), { status: 429, message: /they may hold 10 bytes together/ });
    budget.hold(4);
    budget.release(6);
    budget.hold(5);
    assert.equal(budget.heldBytes, 9);
  });
});
