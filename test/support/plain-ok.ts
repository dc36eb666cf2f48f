import assert, { AssertionError } from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';

/**
 * `assert.ok` without Node's look for the text of the call that failed: it parses the source file from each of its tokens on, at the column
 * that the call has in the one line to which tests are compiled. That takes a second for each failure, finds the wrong call or none, and
 * tries thousands of times where it finds none (`findColumn` in Node 20's `lib/internal/assert/utils.js`).
 */
function ok(value: unknown, message?: string | Error): asserts value {
  if (value) return;
  if (message instanceof Error) throw message;
  const facts = { actual: value, expected: true, operator: '==', stackStartFn: ok };
  throw new AssertionError(message === undefined ? facts : { ...facts, message });
}

assert.ok = ok;
syncBuiltinESMExports();
