import type { CaseTensor } from '../../schemas/case.ts';

/** What came of a request: an answer, a refusal in the protocol's words, or neither. */
export type Answer =
  | { readonly state: 'answered'; readonly outputs: readonly CaseTensor[] }
  /** The request's own fault, as the server sees it: 400 to 422, but for what it has no room for. */
  | { readonly state: 'refused'; readonly status: number; readonly text: string }
  /** No room or no time: 413, 429, 503. */
  | { readonly state: 'turned-away'; readonly status: number; readonly text: string }
  /** Another status of the server's, or an answer that is not one of the protocol. */
  | { readonly state: 'failed'; readonly status: number; readonly text: string }
  /** No answer: the connection ended, or the time did. */
  | { readonly state: 'lost'; readonly why: 'closed' | 'timeout'; readonly text: string };

/** In a few words, for messages. */
export function answerText(answer: Answer): string {
  if (answer.state === 'answered') return 'an answer';
  if (answer.state === 'lost') return answer.why === 'timeout' ? 'no answer in time' : `no answer (${answer.text})`;
  return `status ${answer.status} (${answer.text})`;
}
