import assert from 'node:assert/strict';
import { progressOn } from '../../src/commands/progress.ts';

const MIB = 2 ** 20;

/** A terminal that keeps what is written to it, and a clock that is set by hand. */
function watch(
  terminal: { readonly isTTY: boolean; readonly columns?: number },
  env: Readonly<Record<string, string>> = {},
) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const options = { env, now: () => clock.ms };
  return { written, clock, progress: progressOn({ ...terminal, write: (text) => written.push(text) }, options) };
}

describe('Progress', () => {
  it('on a terminal has a bar, bytes, rate and time left, in its width', () => {
    const { written, clock, progress } = watch({ isTTY: true, columns: 80 });
    const step = progress.step('fetch node');
    step.total(40 * MIB);
    clock.ms = 2000;
    step.advance(10 * MIB);
    const line = written.at(-1) ?? '';
    assert.equal(line, '… fetch node  ████░░░░░░░░░░░░  10.0 MiB of 40.0 MiB  5.0 MiB/s  6 s left\n');
    step.advance(30 * MIB);
    step.done();
    assert.ok(written.includes('✓ fetch node  40.0 MiB\n'));
  });

  it('leaves out what a narrow terminal has no room for, and never breaks a line', () => {
    for (const columns of [60, 40, 30]) {
      const { written, clock, progress } = watch({ isTTY: true, columns });
      const step = progress.step('fetch a-package');
      step.total(40 * MIB);
      clock.ms = 2000;
      step.advance(10 * MIB);
      assert.ok((written.at(-1) ?? '').trimEnd().length < columns, written.at(-1));
      assert.match(written.at(-1) ?? '', /10\.0/);
    }
  });

  it('tells no rate before it is one, and minutes and hours where it takes as long', () => {
    const { written, clock, progress } = watch({ isTTY: true, columns: 100 });
    const step = progress.step('fetch');
    step.total(3600 * MIB);
    clock.ms = 500;
    step.advance(MIB);
    assert.doesNotMatch(written.at(-1) ?? '', /left/);
    clock.ms = 2000;
    step.advance(MIB);
    assert.match(written.at(-1) ?? '', /59 min 58 s left/);
    clock.ms = 8000;
    step.advance(0);
    assert.match(written.at(-1) ?? '', /3 h 59 min left/);
  });

  it('is one plain line per step in CI, and on a terminal that cannot move its cursor', () => {
    for (const env of [{ CI: 'true' }, { TERM: 'dumb' }]) {
      const { written, progress } = watch({ isTTY: 'TERM' in env }, env);
      const step = progress.step('pack base');
      step.advance(3 * MIB);
      step.done();
      progress.note('a note');
      assert.deepEqual(written, ['pack base  3.0 MiB\n', 'a note\n']);
    }
  });

  it('says nothing where nobody watches', () => {
    const { written, progress } = watch({ isTTY: false }, { CI: 'false' });
    progress.step('pack base').done();
    progress.note('a note');
    assert.deepEqual(written, []);
  });
});
