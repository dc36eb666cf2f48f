import { Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A line that never ends is told in pieces of this length, in characters. */
const MAX_LINE_LENGTH = 65_536;

/** A stream that tells each line that is written to it, the last one also without its line feed. */
export function lineStream(tell: (line: string) => void): Writable {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line.endsWith('\r') ? line.slice(0, -1) : line);
    for (; rest.length > MAX_LINE_LENGTH; rest = rest.slice(MAX_LINE_LENGTH)) tell(rest.slice(0, MAX_LINE_LENGTH));
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      take(decoder.write(chunk));
      done();
    },
    final(done) {
      take(decoder.end());
      if (rest !== '') tell(rest);
      done();
    },
  });
}
