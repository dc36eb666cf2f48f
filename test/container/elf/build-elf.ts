export interface ElfFacts {
  readonly machine?: 'amd64' | 'arm64';
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly requires?: Readonly<Record<string, readonly string[]>>;
  readonly provides?: readonly string[];
}

const HEADER = 64;
const SEGMENT = 56;
const MACHINE = { amd64: 62, arm64: 183 };

/** A 64-bit ELF file with a dynamic section and nothing else; it is loaded as one piece at address 0. */
export function buildElf(facts: ElfFacts): Buffer {
  const strings = new Strings();
  const dynamic: [tag: number, value: number][] = (facts.needed ?? []).map((name) => [1, strings.add(name)]);
  if (facts.runpath !== undefined) dynamic.push([29, strings.add(facts.runpath)]);
  const needed = neededTable(facts.requires ?? {}, strings);
  const defined = definedTable(facts.provides ?? [], strings);
  const interpreter = Buffer.from(facts.interpreter === undefined ? '' : `${facts.interpreter}\0`);

  const at = { interpreter: HEADER + 3 * SEGMENT, needed: 0, defined: 0, strings: 0, dynamic: 0 };
  at.needed = align(at.interpreter + interpreter.length);
  at.defined = at.needed + needed.bytes.length;
  at.strings = at.defined + defined.length;
  at.dynamic = align(at.strings + strings.bytes.length);
  dynamic.push([5, at.strings], [10, strings.bytes.length]);
  if (needed.count > 0) dynamic.push([0x6ffffffe, at.needed], [0x6fffffff, needed.count]);
  if (facts.provides) dynamic.push([0x6ffffffc, at.defined], [0x6ffffffd, facts.provides.length]);
  dynamic.push([0, 0]);

  const file = Buffer.alloc(at.dynamic + dynamic.length * 16);
  file.writeUInt32BE(0x7f454c46, 0);
  file.set([2, 1, 1], 4);
  file.writeUInt16LE(3, 16);
  file.writeUInt16LE(MACHINE[facts.machine ?? 'amd64'], 18);
  file.writeBigUInt64LE(BigInt(HEADER), 32);
  file.writeUInt16LE(SEGMENT, 54);
  file.writeUInt16LE(3, 56);
  const segment = (index: number, type: number, offset: number, bytes: number) => {
    const start = HEADER + index * SEGMENT;
    file.writeUInt32LE(type, start);
    for (const field of [8, 16, 24]) file.writeBigUInt64LE(BigInt(offset), start + field);
    for (const field of [32, 40]) file.writeBigUInt64LE(BigInt(bytes), start + field);
  };
  segment(0, 1, 0, file.length);
  segment(1, 2, at.dynamic, dynamic.length * 16);
  segment(2, facts.interpreter === undefined ? 4 : 3, at.interpreter, interpreter.length);
  interpreter.copy(file, at.interpreter);
  needed.bytes.copy(file, at.needed);
  defined.copy(file, at.defined);
  strings.bytes.copy(file, at.strings);
  for (const [index, [tag, value]] of dynamic.entries()) {
    file.writeBigUInt64LE(BigInt(tag), at.dynamic + index * 16);
    file.writeBigUInt64LE(BigInt(value), at.dynamic + index * 16 + 8);
  }
  return file;
}

class Strings {
  bytes: Buffer = Buffer.from('\0');
  add(text: string): number {
    const offset = this.bytes.length;
    this.bytes = Buffer.concat([this.bytes, Buffer.from(`${text}\0`)]);
    return offset;
  }
}

function neededTable(requires: NonNullable<ElfFacts['requires']>, strings: Strings): { bytes: Buffer; count: number } {
  const files = Object.entries(requires);
  const parts = files.map(([name, versions], index) => {
    const record = Buffer.alloc(16 * (1 + versions.length));
    record.writeUInt16LE(1, 0);
    record.writeUInt16LE(versions.length, 2);
    record.writeUInt32LE(strings.add(name), 4);
    record.writeUInt32LE(16, 8);
    record.writeUInt32LE(index === files.length - 1 ? 0 : record.length, 12);
    for (const [place, version] of versions.entries()) {
      record.writeUInt32LE(strings.add(version), 16 * (place + 1) + 8);
      record.writeUInt32LE(place === versions.length - 1 ? 0 : 16, 16 * (place + 1) + 12);
    }
    return record;
  });
  return { bytes: Buffer.concat(parts), count: files.length };
}

function definedTable(provides: readonly string[], strings: Strings): Buffer {
  return Buffer.concat(
    provides.map((version, index) => {
      const record = Buffer.alloc(28);
      record.writeUInt16LE(1, 6);
      record.writeUInt32LE(20, 12);
      record.writeUInt32LE(index === provides.length - 1 ? 0 : 28, 16);
      record.writeUInt32LE(strings.add(version), 20);
      return record;
    }),
  );
}

function align(offset: number): number {
  return Math.ceil(offset / 16) * 16;
}
