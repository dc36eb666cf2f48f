import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Header, type Pack, pack } from 'tar-stream';
import type { Bytes } from '../sources/decompress.ts';
import { readTar, type TarMember } from '../sources/read-tar.ts';
import type { BaseNode, BaseTree } from './base-tree.ts';
import { mergeLayers } from './merge-layers.ts';
import type { BaseSource } from './read-base.ts';

/** Whether a layer removes something of those below it, which unpacking it as an archive would not do. */
export async function removesPaths(tar: Bytes, what: string): Promise<boolean> {
  let removes = false;
  await readTar(tar, {
    what,
    visit: async ({ path }) => {
      removes ||= /(^|\/)\.wh\./.test(path);
      return removes ? 'stop' : undefined;
    },
    visitSpecial: () => {},
  });
  return removes;
}

/** The tar of what a container of these layers would see, with modes, owners and times as they are. Throws as `mergeLayers` does. */
export async function flattenLayers(base: BaseSource): Promise<Readable> {
  const tree = await mergeLayers(base.layers, base.name);
  const archive = pack();
  writeAll(archive, { base, tree }).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as Readable;
}

interface Flattening {
  readonly base: BaseSource;
  readonly tree: BaseTree;
}

async function writeAll(archive: Pack, { base, tree }: Flattening): Promise<void> {
  const { paths, files } = placesOf(tree);
  for (const [index, { open }] of base.layers.entries()) {
    const write = async (member: TarMember, body: Bytes): Promise<undefined> => {
      if (member.kind === 'file') {
        const [first, ...others] = files.get(`${index} ${member.path}`) ?? [];
        if (first === undefined) return undefined;
        await add(archive, { ...headerOf(member), name: first, type: 'file', size: member.size }, body);
        for (const name of others) await add(archive, { ...headerOf(member), name, type: 'link', linkname: first });
        return undefined;
      }
      const node = tree.find(member.path, { followLast: false });
      const name = node && paths.get(node);
      if (name === undefined || node?.kind !== member.kind || node.layer !== index) return undefined;
      if (node.kind === 'directory') await add(archive, { ...headerOf(member), name, type: 'directory' });
      if (node.kind === 'symlink')
        await add(archive, { ...headerOf(member), name, type: 'symlink', linkname: node.target });
      return undefined;
    };
    await readTar(open(), { what: `layer ${index + 1} of ${base.name}`, visit: write, visitSpecial: () => {} });
  }
}

/** Where each thing of the tree is, and by layer and member where the bytes of a file go: more than one path for hard links. */
function placesOf(tree: BaseTree): {
  readonly paths: ReadonlyMap<BaseNode, string>;
  readonly files: ReadonlyMap<string, readonly string[]>;
} {
  const paths = new Map<BaseNode, string>();
  const files = new Map<string, string[]>();
  for (const [path, node] of tree.entries()) {
    paths.set(node, path);
    if (node.kind !== 'file') continue;
    const key = `${node.layer} ${node.member}`;
    files.set(key, [...(files.get(key) ?? []), path]);
  }
  return { paths, files };
}

function headerOf({ mode, mtime, uid, gid }: TarMember): Partial<Header> {
  return { mode, uid, gid, mtime: new Date(mtime * 1000) };
}

async function add(archive: Pack, header: Partial<Header> & Pick<Header, 'name'>, body?: Bytes): Promise<void> {
  const written = new Promise<void>((resolve, reject) => {
    const entry = archive.entry(header, (error) => (error ? reject(error) : resolve()));
    if (body) pipeline(Readable.from(body, { objectMode: false }), entry).catch(reject);
  });
  await written;
}
