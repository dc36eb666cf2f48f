import type { Answer } from '../../../verify/answer.ts';
import type { Tensors } from '../../../verify/rows.ts';
import type { Channel, UnaryReply } from './call-unary.ts';
import { type Contents, decodeInfer, encodeInfer } from './grpc.ts';

export const INFER_PATH = '/inference.GRPCInferenceService/ModelInfer';

/** Statuses of gRPC by which a server says that the request is at fault, and that it has no room or time. */
const REFUSED = [3, 5, 9, 11, 12];
const NO_ROOM = [8, 14];
const LATE = 4;

/** Asks for one inference; throws where no answer comes. */
export async function askOverGrpc(
  channel: Channel,
  { inputs, model, contents }: { readonly inputs: Tensors; readonly model: string; readonly contents: Contents },
): Promise<Answer> {
  return readReply(await channel.call(INFER_PATH, encodeInfer(inputs, { model, contents })));
}

function readReply({ status, text, message }: UnaryReply): Answer {
  const told = `gRPC ${status}: ${text}`;
  if (status === LATE) return { state: 'lost', why: 'timeout', text: told };
  if (NO_ROOM.includes(status)) return { state: 'turned-away', status, text: told };
  if (REFUSED.includes(status)) return { state: 'refused', status, text: told };
  if (status !== 0) return { state: 'failed', status, text: told };
  try {
    return { state: 'answered', outputs: decodeInfer(message) };
  } catch (error) {
    return { state: 'failed', status, text: `the answer is none of the protocol: ${(error as Error).message}` };
  }
}
