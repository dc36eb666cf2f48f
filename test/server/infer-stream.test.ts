import assert from 'node:assert/strict';
import { Call } from '../../templates/server/grpc/call.ts';
import type { InferOutcome } from '../../templates/server/grpc/grpc-inference.ts';
import { streamInfer } from '../../templates/server/grpc/infer-stream.ts';
import type { Conversation } from '../../templates/server/grpc/methods.ts';
import { FLAG, FRAME } from '../../templates/server/http2/protocol.ts';
import { DEFAULT_LIMITS } from '../../templates/server/limits.ts';
import { frame, POST, receiver, useRawServer } from './http2/raw-peer.ts';

describe('A stream of requests that is told to stop', () => {
  const open: InferOutcome[] = [];
  let call: Call | undefined;
  let conversation: Conversation | undefined;
  const { peer: connectPeer } = useRawServer((stream) => {
    call = new Call(stream);
    conversation = streamInfer(call, (_message, _call, then) => void open.push(then), DEFAULT_LIMITS);
    return receiver({ take: (piece) => void conversation?.accept(piece), end: () => conversation?.end() });
  });
  const succeed = (): void =>
    open.shift()?.succeed({
      pieces: [Buffer.from('answer')],
      spend() {},
    });
  const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await turns();
  };

  for (const [title, isInflating] of [
    ['', false],
    [', among them one that is still to be inflated', true],
  ] as const) {
    it(`takes no more, and ends with the last answer to those that it has${title}`, async () => {
      const peer = connectPeer().greet();
      peer.send(
        frame(FRAME.headers, FLAG.endHeaders, 1, POST),
        frame(FRAME.data, 0, 1, 'a'),
        frame(FRAME.data, 0, 1, 'b'),
      );
      await until(() => open.length === 2);
      const answers = (): number => peer.frames.filter(({ type }) => type === FRAME.data).length;
      const hasEnded = (): boolean => peer.frames.some(({ flags, id }) => id === 1 && (flags & FLAG.endStream) !== 0);
      let isBehind = isInflating;
      if (call) call.isInflating = () => isBehind;
      call?.stop?.();
      peer.send(frame(FRAME.data, 0, 1, 'c'));
      await turns();
      assert.equal(open.length, 2);
      succeed();
      await until(() => answers() === 1);
      assert.equal(hasEnded(), false);
      succeed();
      await until(() => answers() === 2);
      if (isInflating) {
        await turns();
        assert.equal(hasEnded(), false);
        isBehind = false;
        conversation?.accept(Buffer.from('inflated'));
        succeed();
      }
      await until(hasEnded);
      assert.equal(answers(), isInflating ? 3 : 2);
      assert.equal(call?.status, 14);
    });
  }
});
