import { createHash } from 'node:crypto';
import { type Digest, digestFromHex } from '../../nouns/digest.ts';
import type { Bytes } from '../sources/decompress.ts';
import { readTar, type TarMember } from '../sources/read-tar.ts';
import { unfitBase } from './base-failure.ts';
import { type BaseFile, type BaseLink, BaseTree } from './base-tree.ts';

/** A layer of an image that is built upon. */
export interface BaseLayer {
  /** Of the tar inside. */
  readonly diffId: Digest;
  /** The tar, anew at each call. */
  readonly open: () => Bytes;
}

/** Images of a whole CUDA distribution have some 12 GB and half a million files; what is beyond is no base but a trap. */
const MAX_UNPACKED_BYTES = 24 * 2 ** 30;
const MAX_MEMBERS = 1_000_000;

/**
 * What a container of these layers would see: each over the one below, with what it removes removed, as the OCI image
 * specification has it. Throws `base/unfit` for what no container engine would unpack alike, and for a layer whose tar has another
 * digest than the image says.
 */
export async function mergeLayers(layers: readonly BaseLayer[], name: string): Promise<BaseTree> {
  const tree = new BaseTree(name);
  let bytes = 0;
  let members = 0;
  for (const [index, { diffId, open }] of layers.entries()) {
    const hash = createHash('sha256');
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of open()) {
        bytes += chunk.byteLength;
        if (bytes > MAX_UNPACKED_BYTES) throw unfitBase(name, [`it unpacks to more than ${MAX_UNPACKED_BYTES} bytes`]);
        hash.update(chunk);
        yield chunk;
      }
    }
    const seen = () => {
      members += 1;
      if (members > MAX_MEMBERS) throw unfitBase(name, [`it has more than ${MAX_MEMBERS} files`]);
    };
    tree.beginLayer(index);
    await readTar(counted(), {
      what: `layer ${index + 1} of ${name}`,
      visit: async (member) => {
        seen();
        add(tree, member, index);
        return undefined;
      },
      visitSpecial: (path) => {
        seen();
        // Runtimes lay their own devices over it.
        if (!/^dev\//.test(path)) throw unfitBase(name, [`${path} is a device or a pipe`]);
      },
    });
    const found = digestFromHex(hash.digest('hex'));
    if (found !== diffId) {
      throw unfitBase(name, [`its layer ${index + 1} unpacks to ${found}, and its configuration says ${diffId}`]);
    }
  }
  return tree;
}

/** Beside ordinary names, those by which a layer removes what is below it (OCI image specification, layer). */
const REMOVES = '.wh.';
const REMOVES_ALL = '.wh..wh..opq';

function add(tree: BaseTree, member: TarMember, layer: number): void {
  const { path, mode, size } = member;
  const slash = path.lastIndexOf('/');
  const [folder, base] = [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
  if (base === REMOVES_ALL) tree.removeBelow(folder);
  // Other names of this kind are a storage driver's notes to itself.
  else if (/(^|\/)\.wh\.\.wh\./.test(path)) return;
  else if (base.startsWith(REMOVES)) tree.remove(folder, base.slice(REMOVES.length));
  else if (member.kind === 'directory') tree.addFolder(path, mode);
  else if (member.kind === 'symlink') tree.add(path, { kind: 'symlink', target: member.target, layer });
  else if (member.kind === 'hardlink') tree.add(path, { ...linkedFile(tree, { path, target: member.target }) });
  else tree.add(path, { kind: 'file', mode, size, layer, member: path });
}

function linkedFile(
  tree: BaseTree,
  { path, target }: { readonly path: string; readonly target: string },
): BaseFile | BaseLink {
  const node = tree.find(target, { followLast: false });
  if (node !== undefined && node.kind !== 'directory') return node;
  throw unfitBase(tree.name, [`${path} is a hard link to ${target}, which is not there`]);
}
