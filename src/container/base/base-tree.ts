import { unfitBase } from './base-failure.ts';

/** A file of an image: `member` is the path at which the tar of that layer holds its bytes. */
export interface BaseFile {
  readonly kind: 'file';
  readonly mode: number;
  readonly size: number;
  /** Counted from the bottom, from 0. */
  readonly layer: number;
  readonly member: string;
}

export interface BaseLink {
  readonly kind: 'symlink';
  readonly target: string;
  readonly layer: number;
}

export interface BaseFolder {
  readonly kind: 'directory';
  mode: number;
  layer: number;
  readonly children: Map<string, BaseNode>;
}

export type BaseNode = BaseFile | BaseLink | BaseFolder;

/** Links that lead on for longer than this lead in a circle; it is Linux's own bound. */
const MAX_LINKS = 40;
/** Linux takes no longer path; a link that leads through more folders leads nowhere. */
const MAX_SEGMENTS = 4096;
/** Deeper than any system's files lie; through links, a layer could say paths without end. */
const MAX_DEPTH = 512;

/** The paths of an image's layers laid one over the other; it lives while they are read. */
export class BaseTree {
  readonly name: string;
  readonly #root: BaseFolder = { kind: 'directory', mode: 0o755, layer: 0, children: new Map() };
  #layer = 0;
  /** What this layer has removed already: a hostile one may say it a hundred thousand times. */
  #removed = new Set<string>();

  constructor(name: string) {
    this.name = name;
  }

  beginLayer(layer: number): void {
    this.#layer = layer;
    this.#removed = new Set();
  }

  /** What a path stands for, links followed as a running system does; nothing where it leads nowhere. */
  find(path: string, { followLast = true }: { readonly followLast?: boolean } = {}): BaseNode | undefined {
    return this.#walk(path.split('/'), followLast);
  }

  /** Of what lies in a folder, links to it followed; none where there is no such folder. */
  names(path: string): readonly string[] {
    const node = this.find(path);
    return node?.kind === 'directory' ? [...node.children.keys()] : [];
  }

  /** Those of these paths that are files, or links to files. */
  files(paths: readonly string[]): ReadonlyMap<string, BaseFile> {
    return new Map(
      paths.flatMap((path) => {
        const node = this.find(path);
        return node?.kind === 'file' ? [[path, node] as const] : [];
      }),
    );
  }

  /** Everything below the root by its path, a folder before what lies in it. */
  *entries(): Generator<readonly [string, BaseNode], void, undefined> {
    const waiting: (readonly [string, BaseFolder])[] = [['', this.#root]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [path, folder] = next;
      for (const [base, node] of folder.children) {
        const place = path === '' ? base : `${path}/${base}`;
        yield [place, node];
        if (node.kind === 'directory') waiting.push([place, node]);
      }
    }
  }

  /** Puts a file or a link at a path, in the place of whatever was there. */
  add(path: string, node: BaseFile | BaseLink): void {
    const { folder, base } = this.#placeOf(path);
    folder.children.set(base, node);
  }

  /** A folder that is there already stays, with what it holds. */
  addFolder(path: string, mode: number): void {
    const { folder, base } = this.#placeOf(path);
    const known = folder.children.get(base);
    if (known?.kind === 'directory') Object.assign(known, { mode, layer: this.#layer });
    else folder.children.set(base, { kind: 'directory', mode, layer: this.#layer, children: new Map() });
  }

  /** Removes a path as far as lower layers have it. */
  remove(folder: string, base: string): void {
    if (this.#isSaid(`${folder}/${base}`)) return;
    const parent = this.find(folder);
    const node = parent?.kind === 'directory' ? parent.children.get(base) : undefined;
    if (parent?.kind === 'directory' && node && !this.#prune(node)) parent.children.delete(base);
  }

  /** Removes all that lower layers have in a folder. */
  removeBelow(folder: string): void {
    if (this.#isSaid(folder)) return;
    const node = this.find(folder);
    if (node?.kind === 'directory') this.#pruneChildren(node);
  }

  #isSaid(path: string): boolean {
    if (this.#removed.has(path)) return true;
    this.#removed.add(path);
    return false;
  }

  /** Takes away what lower layers have of it; whether anything stays. As deep as a path has folders. */
  #prune(node: BaseNode): boolean {
    if (node.kind !== 'directory') return node.layer === this.#layer;
    this.#pruneChildren(node);
    return node.children.size > 0 || node.layer === this.#layer;
  }

  #pruneChildren(folder: BaseFolder): void {
    for (const [base, child] of folder.children) if (!this.#prune(child)) folder.children.delete(base);
  }

  /** The folder that a path goes into, made where it is missing; links on the way are followed within the root. */
  #placeOf(path: string): { readonly folder: BaseFolder; readonly base: string } {
    const slash = path.lastIndexOf('/');
    const folder = slash < 0 ? this.#root : this.#walk(path.slice(0, slash).split('/'), true, true);
    if (folder?.kind === 'directory') return { folder, base: path.slice(slash + 1) };
    throw unfitBase(this.name, [`${path} lies below something that is no folder`]);
  }

  #walk(segments: readonly string[], followLast: boolean, make = false): BaseNode | undefined {
    const waiting = [...segments].reverse();
    const walked: BaseFolder[] = [this.#root];
    for (let links = 0; waiting.length > 0; ) {
      const segment = waiting.pop();
      const folder = walked.at(-1) as BaseFolder;
      if (segment === undefined || segment === '' || segment === '.') continue;
      if (segment === '..') {
        if (walked.length > 1) walked.pop();
        continue;
      }
      const node = folder.children.get(segment) ?? (make ? this.#newFolder(folder, segment) : undefined);
      if (node === undefined) return undefined;
      if (node.kind === 'directory') {
        walked.push(node);
        if (walked.length > MAX_DEPTH)
          throw unfitBase(this.name, [`it has more than ${MAX_DEPTH} folders in each other`]);
        continue;
      }
      const isLast = waiting.length === 0;
      if (node.kind === 'file' || (isLast && !followLast)) return isLast ? node : undefined;
      links += 1;
      const target = node.target.split('/');
      if (links > MAX_LINKS || waiting.length + target.length > MAX_SEGMENTS) return undefined;
      if (node.target.startsWith('/')) walked.length = 1;
      waiting.push(...target.reverse());
    }
    return walked.at(-1);
  }

  #newFolder(parent: BaseFolder, base: string): BaseFolder {
    const folder: BaseFolder = { kind: 'directory', mode: 0o755, layer: this.#layer, children: new Map() };
    parent.children.set(base, folder);
    return folder;
  }
}
