import { digestOfFile } from '../cache/digest-of-file.ts';
import { namedFiles } from '../convert/named-files.ts';
import { sourceDigests } from '../convert/source-digests.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import type { Conversion } from '../nouns/conversion.ts';
import { readConversion } from '../project/conversion-file.ts';
import type { Project } from '../project/read-project.ts';

/** Raised when what is written for the same source changes, so that older conversions are made again. */
export const CONVERTER = 2;

/** What a project's model was converted from, where it still belongs to that; `undefined` where it has to be converted (again). */
export async function currentConversion({ folder, modelPath, source }: Project): Promise<Conversion | undefined> {
  const conversion = await readConversion(modelPath);
  if (source === undefined || conversion?.converter !== CONVERTER) return undefined;
  const model = await digestOfFile(modelPath).catch(() => undefined);
  if (model !== conversion.model) return undefined;
  // A named file that was not there then, and is not now, has not changed.
  const found = await sourceDigests([...Object.keys(conversion.inputs), ...namedFiles(source)], folder);
  return canonicalJson(found) === canonicalJson(conversion.inputs) ? conversion : undefined;
}
