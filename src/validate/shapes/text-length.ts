import type { Node } from '../../onnx/model.ts';
import type { Fact } from './fact.ts';

/** Operators whose texts are some of those that come in, or shorter ones. */
const KEEPING = new Set(
  `Identity Reshape Flatten Squeeze Unsqueeze Transpose Slice Split Gather GatherND GatherElements Concat Expand Tile Where
  Compress Unique StringNormalizer StringSplit com.microsoft:Tokenizer`.split(/\s+/),
);

/** The most letters that a text of a node's outputs has, where texts come in that have a bound; `null` where nothing is known. */
export function textLength({ domain, opType }: Node, inputs: readonly (Fact | null)[]): number | null {
  const texts = inputs.flatMap((fact) =>
    fact?.kind === 'tensor' && fact.elementType === 'string' ? [fact.letters ?? null] : [],
  );
  if (texts.length === 0 || texts.includes(null)) return null;
  const lengths = texts.map((letters) => letters ?? 0);
  if (opType === 'StringConcat') return lengths.reduce((sum, letters) => sum + letters, 0);
  return KEEPING.has(domain === '' ? opType : `${domain}:${opType}`) ? Math.max(...lengths) : null;
}
