import type { Metadata } from '../../../onnx/model.ts';
import { counted } from '../describe.ts';
import type { Rule } from '../rule.ts';
import type { RuleContext } from '../rule-context.ts';

/** Texts looked at: exporters write the same kinds into every node, so the first ones show them all. */
const TEXTS_LOOKED_AT = 20_000;
const CHARACTERS_LOOKED_AT = 4096;

export const rule: Rule = {
  id: 'production/leaky-metadata',
  severity: 'warning',
  title: 'The model tells nothing about the machine it was exported on',
  explanation:
    "PyTorch's exporter writes a stack trace into every node: paths with the name of the user, and lines of the source code. They go into the image, to everybody who may pull it, and can be a third of a small model.",
  mend: 'Strip metadata and doc strings from the nodes before shipping.',
  source:
    'torch.onnx.export: `pkg.torch.onnx.stack_trace` in `metadata_props` of each node; older versions: `doc_string`.',
  fixable: true,
  *check(context) {
    let looked = 0;
    let found = 0;
    let example: { where: string; what: string } | undefined;
    for (const { where, text } of texts(context)) {
      looked += 1;
      if (looked > TEXTS_LOOKED_AT) break;
      const what = leakIn(text.slice(0, CHARACTERS_LOOKED_AT));
      if (what === undefined) continue;
      found += 1;
      example ??= { where, what };
    }
    if (!example) return;
    const more = looked > TEXTS_LOOKED_AT ? 'at least ' : '';
    yield {
      message: `${more}${counted(found, 'text')} with paths or source lines, the first in ${example.where}: ${example.what}`,
    };
  },
};

/** Home folders and temporary ones, of all systems; the traces of Python. */
const LEAKS: readonly RegExp[] = [
  /\/(?:home|Users|root)\/[^\s"',:;/]+/,
  /[A-Za-z]:\\(?:Users|Documents and Settings)\\[^\s"',:;\\]+/,
  /File "[^"]+", line \d+/,
  /\/(?:site|dist)-packages\/[^\s"',:;]+/,
  /\/[\w./-]+\.py(?:\(|:)\d+/,
];

export function leakIn(text: string): string | undefined {
  for (const leak of LEAKS) {
    const match = leak.exec(text);
    if (match) return match[0].slice(0, 120);
  }
  return undefined;
}

interface NamedText {
  readonly where: string;
  readonly text: string;
}

function* texts({ model, nodes, places }: RuleContext): Iterable<NamedText> {
  yield* described('the model', model);
  for (const { graph, path } of places) if (graph) yield* described(path === '' ? 'the graph' : `graph ${path}`, graph);
  for (const fn of model.functions) yield* described(`function ${fn.name}`, fn);
  for (const { node, label } of nodes) yield* described(`node "${label}"`, node);
}

function* described(where: string, item: { docString: string; metadata: Metadata }): Iterable<NamedText> {
  if (item.docString !== '') yield { where: `the doc string of ${where}`, text: item.docString };
  for (const [key, text] of item.metadata) yield { where: `${key} of ${where}`, text };
}
