import { EXIT, Failure } from '../../nouns/failure.ts';
import type { LayerEntry, LayerTree } from '../tree.ts';

/** The limit of Linux on a whole path; a longer one could be packed and never be unpacked. */
const MAX_PATH_BYTES = 4095;
const MAX_MODE = 0o7777;
const SETUID_OR_SETGID = 0o6000;
const PARENT_MODE = 0o755;

/**
 * The tree in the one order that a layer has: sorted by the bytes of the path, every parent present (0755 where the tree is
 * silent). Throws `image/tree` for a path that is not plain and relative, for two entries at one path, for an entry below
 * something that is no directory, and for a file with a setuid or setgid bit.
 */
export function orderedTree(tree: LayerTree): LayerTree {
  const byPath = new Map<string, LayerEntry>();
  for (const entry of tree) {
    assertPath(entry.path);
    assertMode(entry);
    if (byPath.has(entry.path)) throw refusal(entry.path, 'is in the layer twice');
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()]) addParents(path, byPath);
  return [...byPath.values()]
    .map((entry) => ({ entry, key: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}

function addParents(path: string, byPath: Map<string, LayerEntry>): void {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const parent = path.slice(0, end);
    const known = byPath.get(parent);
    if (known === undefined) byPath.set(parent, { kind: 'directory', path: parent, mode: PARENT_MODE });
    else if (known.kind !== 'directory') throw refusal(path, `lies below ${parent}, which is a ${known.kind}`);
  }
}

function assertPath(path: string): void {
  const plain = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!plain || path.includes('\0')) throw refusal(path, 'is not a plain path relative to the root');
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw refusal(path, `is longer than ${MAX_PATH_BYTES} bytes`);
}

function assertMode(entry: LayerEntry): void {
  if (entry.kind === 'symlink') {
    if (entry.target === '' || entry.target.includes('\0')) throw refusal(entry.path, 'is a symbolic link to nowhere');
    return;
  }
  const { mode } = entry;
  if (!Number.isInteger(mode) || mode < 0 || mode > MAX_MODE)
    throw refusal(entry.path, `has the impossible mode ${mode}`);
  if (entry.kind === 'file' && (mode & SETUID_OR_SETGID) !== 0) {
    throw refusal(entry.path, `has mode ${mode.toString(8)}, but no file of an image may run as somebody else`);
  }
}

function refusal(path: string, what: string): Failure {
  return new Failure(`cannot pack the layer: ${JSON.stringify(path)} ${what}`, {
    code: 'image/tree',
    exit: EXIT.findings,
    mend: 'Rename or remove that path in whatever puts it into the image.',
  });
}
