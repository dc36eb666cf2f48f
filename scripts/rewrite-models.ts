import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../src/nouns/failure.ts';
import { encodeModel } from '../src/onnx/encode-model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { withoutOrigins } from '../test/onnx/without-origins.ts';

/**
 * `npx tsx scripts/rewrite-models.ts FROM TO`: reads every model below FROM and writes it to TO three times, numbered, for
 * scripts/check-rewritten-models.py to hold against the original: `same` unchanged, `edited` with every node a new value,
 * `anew` with nothing copied but the data of tensors.
 */
const [from = '', to = ''] = process.argv.slice(2);
const names = readdirSync(from, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'));
mkdirSync(to, { recursive: true });
const written: string[] = [];
for (const name of names.sort()) {
  try {
    const model = readModel(join(from, name));
    const nodes = model.graph.nodes.map((node) => ({ ...node }));
    const forms = { same: model, edited: { ...model, graph: { ...model.graph, nodes } }, anew: withoutOrigins(model) };
    for (const [form, value] of Object.entries(forms)) {
      writeFileSync(join(to, `${written.length}.${form}.onnx`), encodeModel(value));
    }
    written.push(name);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    console.error(`${name}: ${cause.code}`);
  }
}
writeFileSync(join(to, 'names.json'), JSON.stringify(written));
