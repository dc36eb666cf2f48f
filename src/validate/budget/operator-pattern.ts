import type { Node } from '../../onnx/model.ts';
import { domainName } from '../rules/describe.ts';

export type OperatorTest = (node: Pick<Node, 'domain' | 'opType'>) => boolean;

/**
 * Whether an operator is meant by a pattern: `Loop` and `ai.onnx:Loop` are the default domain's, `com.microsoft:*` all of a
 * domain, `*` everything. A star stands for any letters.
 */
export function operatorTest(pattern: string): OperatorTest {
  if (pattern === '*') return () => true;
  const colon = pattern.lastIndexOf(':');
  const domain = colon < 0 ? 'ai.onnx' : pattern.slice(0, colon);
  const matchesDomain = glob(domain);
  const matchesType = glob(pattern.slice(colon + 1));
  return (node) => matchesDomain(domainName(node.domain)) && matchesType(node.opType);
}

/** Parts between stars, looked for one after the other: no pattern makes this slow, as a regular expression may be. */
function glob(pattern: string): (text: string) => boolean {
  const parts = pattern.split('*');
  const [first = '', last = ''] = [parts[0], parts.at(-1)];
  if (parts.length === 1) return (text) => text === pattern;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    const end = text.length - last.length;
    for (const part of parts.slice(1, -1)) {
      const found = text.indexOf(part, from);
      if (found < 0 || found + part.length > end) return false;
      from = found + part.length;
    }
    return true;
  };
}
