import { formatByteSize } from './byte-size.ts';
import type { Lock, LockedFile } from './lock.ts';

/** One thing that one lock says otherwise than another. */
export interface LockChange {
  /** Such as `libc6 (amd64)`. */
  readonly what: string;
  /** What people know it by: a version, else the beginning of a digest; nothing where it was not, or is no more. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly fromBytes: number | undefined;
  readonly toBytes: number | undefined;
}

/** Enough of a digest for people to tell two apart. */
const SHOWN_CHARACTERS = 'sha256:'.length + 12;

/** What moved from one lock to another, in the order in which a reviewer wants it. */
export function lockChanges(before: Lock | undefined, after: Lock): readonly LockChange[] {
  const old = before ? rowsOf(before) : new Map<string, Row>();
  const next = rowsOf(after);
  const names = [...new Set([...next.keys(), ...old.keys()])];
  return names.flatMap((what) => {
    const [from, to] = [old.get(what), next.get(what)];
    if (from?.identity === to?.identity) return [];
    return [{ what, from: from?.shown, to: to?.shown, fromBytes: from?.bytes, toBytes: to?.bytes }];
  });
}

/** The change as one line: old → new, with sizes. */
export function renderLockChange({ what, from, to, fromBytes, toBytes }: LockChange): string {
  const side = (shown: string | undefined, bytes: number | undefined) =>
    shown === undefined ? 'none' : bytes === undefined ? shown : `${shown} (${formatByteSize(bytes)})`;
  return `${what}: ${side(from, fromBytes)} → ${side(to, toBytes)}`;
}

interface Row {
  /** What has to differ for a change to be one. */
  readonly identity: string;
  readonly shown: string;
  readonly bytes?: number;
}

function rowsOf(lock: Lock): Map<string, Row> {
  const plain = (text: string): Row => ({ identity: text, shown: text });
  const versioned = (version: string, { digest, bytes }: Pick<LockedFile, 'digest' | 'bytes'>): Row => ({
    identity: `${version} ${digest}`,
    shown: version,
    bytes,
  });
  const rows: [string, Row][] = [
    ['assembler', plain(String(lock.assembler))],
    ['encoder', plain(lock.encoder)],
    ['settings', digested({ digest: lock.config })],
    ['model', digested(lock.model)],
    ...lock.model.externalData.map((file): [string, Row] => [`model data ${file.path}`, digested(file)]),
    ...lock.prepared.files.map((file): [string, Row] => [`prepared ${file.path}`, digested(file)]),
    ['plan', digested(lock.plan)],
    ...baseRows(lock.base, versioned),
    ...Object.entries(lock.node.packages).map(([platform, locked]): [string, Row] => [
      `node (${platform})`,
      versioned(locked.version, locked),
    ]),
    ...lock.onnxruntime.packages.map((locked): [string, Row] => [locked.name, versioned(locked.version, locked)]),
    ['server', versioned(lock.server.version, lock.server)],
    ...Object.entries(lock.layers.platforms).flatMap(([platform, layers]) =>
      layers.map((layer): [string, Row] => [`layer ${layer.name} (${platform})`, digested(layer)]),
    ),
  ];
  return new Map(rows);
}

type Versioned = (version: string, locked: Pick<LockedFile, 'digest' | 'bytes'>) => Row;

function baseRows(base: Lock['base'], versioned: Versioned): readonly [string, Row][] {
  if (base.distribution === 'image') {
    return Object.entries(base.platforms).map(([platform, { manifest, config }]): [string, Row] => [
      `base ${base.name} (${platform})`,
      digested({ digest: manifest ?? config }),
    ]);
  }
  return Object.values(base.packages).flatMap((packages) =>
    packages.map((locked): [string, Row] => [
      `${locked.name} (${locked.architecture})`,
      versioned(locked.version, locked),
    ]),
  );
}

function digested({ digest, bytes }: { readonly digest: string; readonly bytes?: number }): Row {
  return { identity: digest, shown: digest.slice(0, SHOWN_CHARACTERS), ...(bytes !== undefined && { bytes }) };
}
