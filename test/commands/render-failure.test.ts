import assert from 'node:assert/strict';
import { renderFailure } from '../../src/commands/render-failure.ts';
import { EXIT, Failure } from '../../src/nouns/failure.ts';

const LONG = new Failure(
  'models/tickets.onnx is 734 bytes long, and a field of 9000 bytes begins at 512, which is beyond its end',
  {
    code: 'onnx/truncated',
    exit: EXIT.usage,
    mend: 'Copy the whole file again: https://example.org/a/path/that/nobody/can/break/without/making/it/useless/to/whoever/copies/it',
  },
);

describe('An error', () => {
  it('is broken at the terminal’s width between words, and what goes on is indented', () => {
    const lines = renderFailure(LONG, { verbose: false, columns: 60 }).text.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      'error: models/tickets.onnx is 734 bytes long, and a field of',
      '  9000 bytes begins at 512, which is beyond its end',
      '  Copy the whole file again:',
    ]);
    assert.ok(lines.slice(1).every((line) => line.startsWith('  ')));
    assert.ok(lines.filter((line) => line.length > 60).every((line) => line.includes('https://')));
  });

  it('has a line for what went wrong and one for the mend where it is piped', () => {
    const { text } = renderFailure(LONG, { verbose: false });
    assert.equal(text, `error: ${LONG.message}\n  ${LONG.mend} [onnx/truncated]\n`);
  });

  it('keeps the lines that it has', () => {
    const error = new Failure('two\nlines', { code: 'a/b', exit: EXIT.usage, mend: 'Mend.' });
    assert.equal(renderFailure(error, { verbose: false, columns: 80 }).text, 'error: two\n  lines\n  Mend. [a/b]\n');
  });
});
