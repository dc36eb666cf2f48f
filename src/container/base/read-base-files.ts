import { readTar } from '../sources/read-tar.ts';
import { unfitBase } from './base-failure.ts';
import type { BaseFile } from './base-tree.ts';
import type { BaseLayer } from './merge-layers.ts';

/** A C++ library has 2 MB, a package database some; nothing that is looked into here is larger. */
export const MAX_BASE_FILE_BYTES = 64 * 2 ** 20;
/** Of all files that are asked for at a time, which are held together. */
const MAX_BYTES = 256 * 2 ** 20;

/** The content of files of an image, by the names they are asked for. Throws `base/unfit` where they are larger than such files are. */
export async function readBaseFiles(
  wanted: ReadonlyMap<string, BaseFile>,
  { layers, name }: { readonly layers: readonly BaseLayer[]; readonly name: string },
): Promise<ReadonlyMap<string, Buffer>> {
  const bytes = [...wanted.values()].reduce((total, { size }) => total + size, 0);
  const large = [...wanted].find(([, { size }]) => size > MAX_BASE_FILE_BYTES);
  if (large) throw unfitBase(name, [`${large[1].member} has ${large[1].size} bytes, more than such a file has`]);
  if (bytes > MAX_BYTES) throw unfitBase(name, [`its libraries or package files have ${bytes} bytes`]);
  const found = new Map<string, Buffer>();
  for (const [index, { open }] of layers.entries()) {
    const here = [...wanted].filter(([, { layer }]) => layer === index);
    if (here.length === 0) continue;
    const contents = await readMembers(open(), {
      members: new Set(here.map(([, { member }]) => member)),
      what: `layer ${index + 1} of ${name}`,
    });
    for (const [key, { member }] of here) found.set(key, contents.get(member) ?? Buffer.alloc(0));
  }
  return found;
}

async function readMembers(
  tar: AsyncIterable<Uint8Array>,
  { members, what }: { readonly members: ReadonlySet<string>; readonly what: string },
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  await readTar(tar, {
    what,
    visit: async (member, body) => {
      // A path may be in a tar twice, and the last one counts, which has the size that was looked at.
      if (member.kind !== 'file' || member.size > MAX_BASE_FILE_BYTES || !members.has(member.path)) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      contents.set(member.path, Buffer.concat(chunks));
      return undefined;
    },
    visitSpecial: () => {},
  });
  return contents;
}
