import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { digestOf, hexOf } from '../nouns/digest.ts';
import { asCacheFailure } from './cache-failure.ts';
import type { CacheRooms } from './rooms.ts';
import { temporaryPath } from './temporary.ts';
import { touch } from './touch.ts';

/** Facts are small by contract; a larger file in their place was not written by this program. */
const MAX_FACT_BYTES = 64 * 2 ** 20;

export interface Facts {
  recall(key: string): Promise<Json | undefined>;
  remember(key: string, value: Json): Promise<void>;
}

/** Small derived facts by key, one self-checking file each. */
export function openFacts(rooms: CacheRooms): Facts {
  const pathOf = (key: string): string => join(rooms.facts, `${hexOf(digestOf(key))}.json`);
  return {
    async recall(key) {
      const fact = unseal(await readBounded(pathOf(key)));
      if (fact !== undefined) await touch(pathOf(key));
      return isFact(fact) && fact.key === key ? fact.value : undefined;
    },

    async remember(key, value) {
      const temporary = temporaryPath(rooms.temporary);
      try {
        await writeFile(temporary, seal({ key, value }), { flag: 'wx' });
        await rename(temporary, pathOf(key));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw asCacheFailure(error, rooms.root);
      }
    },
  };
}

/** A value as text that carries its own digest in the first line. */
export function seal(value: Json): string {
  const body = canonicalJson(value);
  return `${digestOf(body)}\n${body}`;
}

/** The value of a sealed text, or nothing where a single bit of it has changed. */
export function unseal(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (end < 0 || digestOf(body) !== text.slice(0, end)) return undefined;
  return JSON.parse(body) as Json;
}

async function readBounded(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).size > MAX_FACT_BYTES ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isFact(value: Json | undefined): value is { readonly key: string; readonly value: Json } {
  return typeof value === 'object' && value !== null && 'key' in value && 'value' in value;
}
