/**
 * Remakes src/validate/operators/kernels.json.gz by asking an onnxruntime for its kernels:
 *
 *     PLIMSOLL_TEST_RUNTIME=<folder whose node_modules has onnxruntime-node> npx tsx scripts/probe-kernels.ts [operator ...]
 *
 * With operators named, nothing is written and what was found for them is shown.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { canonicalJson, type Json } from '../src/nouns/canonical-json.ts';
import { SILENT } from '../src/nouns/progress.ts';
import type { KernelFacts } from '../src/validate/operators/kernel-facts.ts';
import { probedSchemas, probeKernels } from '../src/validate/operators/probe-kernels.ts';

const TARGET = new URL('../src/validate/operators/kernels.json.gz', import.meta.url);

async function main(names: readonly string[]): Promise<void> {
  const runtimeFolder = process.env.PLIMSOLL_TEST_RUNTIME;
  if (runtimeFolder === undefined) throw new Error('PLIMSOLL_TEST_RUNTIME names no folder with a runtime');
  const schemas = probedSchemas().filter(({ name }) => names.length === 0 || names.includes(name));
  const started = Date.now();
  const facts = await probeKernels({ runtimeFolder, progress: SILENT, schemas });
  const json = canonicalJson(facts as unknown as Json);
  if (names.length > 0) console.log(JSON.stringify(facts, null, 1));
  else writeFileSync(TARGET, gzipSync(json, { level: 9 }));
  console.log(`${summary(facts)} in ${Math.round((Date.now() - started) / 1000)} s`);
}

function summary({ kernels, onnxruntime }: KernelFacts): string {
  const entries = Object.values(kernels).flatMap((operators) =>
    Object.values(operators).flatMap((versions) => Object.values(versions)),
  );
  const accepted = entries.filter((entry) => entry.accepted.length > 0).length;
  const unknown = entries.filter((entry) => entry.accepted.length === 0 && (entry.unasked ?? []).length > 0).length;
  const sampled = entries.filter((entry) => entry.sampled === true).length;
  return `onnxruntime ${onnxruntime}: ${entries.length} schemas, ${accepted} with a kernel, ${unknown} not to be asked, ${sampled} sampled`;
}

await main(process.argv.slice(2));
