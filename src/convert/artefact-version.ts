import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInflate } from 'node:zlib';

/** Larger files are read no further: versions stand with the first estimators. */
const LARGEST_BYTES = 256 * 2 ** 20;

/** How pickle, and skops’ JSON, write the version beside an estimator: the field's name, a few marks, the number. */
const VERSION = /_sklearn_version[^0-9]{1,24}(\d+\.\d+(?:\.\d+)?)/;
const OVERLAP = 64;

/**
 * The version of scikit-learn that a file was kept with, read from its bytes and without running anything of it; `undefined` where
 * it does not say.
 */
export async function sklearnVersionOf(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) return undefined;
  const file = createReadStream(path, { end: Math.min(facts.size, LARGEST_BYTES) });
  const isCompressed = path.endsWith('.joblib') && (await firstByte(path)) === 0x78;
  const bytes = isCompressed ? file.pipe(createInflate()) : file;
  let tail = '';
  try {
    for await (const chunk of bytes) {
      const text = tail + (chunk as Buffer).toString('latin1');
      const version = VERSION.exec(text)?.[1];
      if (version !== undefined) return version;
      tail = text.slice(-OVERLAP);
    }
  } catch {
    // A damaged file: the exporter says so, in the framework's own words.
  } finally {
    file.destroy();
  }
  return undefined;
}

async function firstByte(path: string): Promise<number | undefined> {
  for await (const chunk of createReadStream(path, { end: 0 })) return (chunk as Buffer)[0];
  return undefined;
}
