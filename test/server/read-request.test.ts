import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readInTurns } from '../../templates/server/read-request.ts';
import { badRequest } from '../../templates/server/request-error.ts';
import type { Steps } from '../../templates/server/take-in-turns.ts';

describe('reading long requests in turns', () => {
  const STEPS = 50;

  /** Each step holds the processor for a millisecond. */
  function* long(name: string, taken: string[], refusal?: Error): Steps<string> {
    for (let step = 0; step < STEPS; step++) {
      const begun = performance.now();
      while (performance.now() - begun < 1);
      taken.push(name);
      yield;
    }
    if (refusal) throw refusal;
    return name;
  }

  const WAITING = { isWaiting: () => true, fail: assert.fail };

  it('lets all others have their turn meanwhile', async () => {
    const taken: string[] = [];
    let isOver = false;
    const reading = readInTurns(long('a', taken), {
      caller: WAITING,
      done: () => {
        isOver = true;
      },
    });
    const between: number[] = [];
    while (!isOver) {
      await nextTurn();
      between.push(taken.length);
    }
    await reading;
    // A turn is 8 ms and one step at the most, of which each takes 1 ms at least.
    const longest = Math.max(...between.map((count, index) => count - (between[index - 1] ?? 0)));
    assert.ok(longest <= 10, `${longest} steps in one turn`);
  });

  it('hands them on in the order in which they came, and one at a time', async () => {
    const taken: string[] = [];
    const handed: string[] = [];
    const names = ['a', 'b', 'c'];
    await Promise.all(
      names.map((name) =>
        readInTurns(long(name, taken), {
          caller: WAITING,
          done: (request) => {
            assert.equal(taken.length, STEPS * (names.indexOf(name) + 1));
            handed.push(request);
          },
        }),
      ),
    );
    assert.deepEqual(handed, names);
  });

  it('tells the caller of what is wrong with one, and of what it could not be handed on for, and goes on', async () => {
    const told: unknown[] = [];
    const refusal = badRequest('wrong at its end');
    const full = badRequest('the queue is full');
    const caller = { isWaiting: () => true, fail: (error: unknown) => told.push(error) };
    const handed: string[] = [];
    await Promise.all([
      readInTurns(long('a', [], refusal), { caller, done: assert.fail }),
      readInTurns(long('b', []), {
        caller,
        done() {
          throw full;
        },
      }),
      readInTurns(long('c', []), { caller, done: (request) => handed.push(request) }),
    ]);
    assert.deepEqual([told, handed], [[refusal, full], ['c']]);
  });

  it('stops where nobody waits any more, and does not begin where nobody did', async () => {
    const taken: string[] = [];
    let isThere = true;
    const caller = { isWaiting: () => isThere, fail: assert.fail };
    const first = readInTurns(long('a', taken), { caller, done: assert.fail });
    const second = readInTurns(long('b', taken), { caller, done: assert.fail });
    while (taken.length === 0) await nextTurn();
    isThere = false;
    await Promise.all([first, second]);
    assert.ok(taken.length < STEPS && !taken.includes('b'), taken.join(''));
  });
});
