import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Entry, Tree } from '../tree.ts';

/** Links that lead on for longer than this lead in a circle; it is Linux's own bound. */
const MAX_LINKS = 40;

/**
 * A tree in its final form: every parent folder present once, sorted by the bytes of the path, so that parents come first.
 * Throws a Failure when a path occurs twice or lies below something that is not a folder, which a layer would turn into another tree.
 */
export function completeTree(entries: Tree): Tree {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    const known = byPath.get(entry.path);
    if (known !== undefined && (known.kind !== 'directory' || entry.kind !== 'directory')) {
      throw clash(`${entry.path} is there twice`);
    }
    byPath.set(entry.path, known ?? entry);
  }
  for (const path of [...byPath.keys()]) {
    for (const parent of parentsOf(path)) {
      const known = byPath.get(parent) ?? { kind: 'directory', path: parent, mode: 0o755 };
      if (known.kind !== 'directory') throw clash(`${path} lies below ${parent}, which is a ${known.kind}`);
      byPath.set(parent, known);
    }
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** The tree without the links that lead nowhere in it. */
export function withoutDanglingLinks(tree: Tree): Tree {
  const find = resolver(tree);
  return tree.filter((entry) => entry.kind !== 'symlink' || find(entry.path) !== undefined);
}

/** Follows links as a running system would, and gives what a path stands for; nothing where it leads nowhere. */
export function resolveInTree(tree: Tree, path: string): Entry | undefined {
  return resolver(tree)(path);
}

function resolver(tree: Tree): (path: string) => Entry | undefined {
  const byPath = new Map(tree.map((entry) => [entry.path, entry]));
  return (path) => {
    const waiting = path.split('/');
    const walked: string[] = [];
    for (let links = 0; waiting.length > 0; ) {
      const segment = waiting.shift();
      if (segment === undefined || segment === '' || segment === '.') continue;
      if (segment === '..') {
        walked.pop();
        continue;
      }
      const entry = byPath.get([...walked, segment].join('/'));
      if (entry?.kind !== 'symlink') {
        walked.push(segment);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) return undefined;
      if (entry.target.startsWith('/')) walked.length = 0;
      waiting.unshift(...entry.target.split('/'));
    }
    return byPath.get(walked.join('/'));
  };
}

function clash(why: string): Failure {
  return new Failure(`what goes into the image does not fit together: ${why}`, {
    code: 'sources/clash',
    exit: EXIT.usage,
    mend: 'Two packages bring the same path. Delete the lock and run plimsoll package again to resolve anew.',
  });
}

function parentsOf(path: string): readonly string[] {
  const segments = path.split('/');
  return segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
