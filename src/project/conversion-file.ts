import { readFile } from 'node:fs/promises';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { Conversion } from '../nouns/conversion.ts';
import { writeWhole } from './write-whole.ts';

/** Beside the ONNX file. */
export function conversionPath(modelPath: string): string {
  return modelPath.replace(/\.onnx$/, '.conversion.json');
}

/** `undefined` where there is none, or one that nobody can read any more: converting again mends both. */
export async function readConversion(modelPath: string): Promise<Conversion | undefined> {
  const text = await readFile(conversionPath(modelPath), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Conversion.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export async function writeConversion(modelPath: string, conversion: Conversion): Promise<void> {
  await writeWhole(conversionPath(modelPath), canonicalJson(conversion as unknown as Json, { indent: true }));
}
