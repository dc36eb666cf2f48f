import { WireWriter } from './wire-writer.ts';

/** A `FileDescriptorProto`, and the full names of what it declares. */
export interface DescribedFile {
  readonly bytes: Buffer;
  readonly symbols: ReadonlySet<string>;
  readonly services: readonly string[];
}

const SCALARS: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
};
const MESSAGE = 11;
const ENUM = 14;
const OPTIONAL = 1;
const REPEATED = 3;

/** Describes one of this server's own `.proto` texts; not a parser for those of others. */
export function describeProto(fileName: string, text: string): DescribedFile {
  return new Describer(text).describe(fileName);
}

class Describer {
  readonly #words: readonly string[];
  readonly #enums = new Set<string>();
  readonly #symbols = new Set<string>();
  readonly #services: string[] = [];
  #position = 0;
  #package = '';

  constructor(text: string) {
    this.#words = text.match(/"[^"]*"|[\w.]+|[^\s\w]/g) ?? [];
    for (const [index, word] of this.#words.entries())
      if (word === 'enum') this.#enums.add(this.#words[index + 1] ?? '');
  }

  describe(fileName: string): DescribedFile {
    const file = new WireWriter(4096).text(1, fileName);
    const syntax = new WireWriter();
    for (let word = this.#next(); word !== ''; word = this.#next()) {
      if (word === 'syntax') {
        this.#expect('=');
        syntax.text(12, this.#next().replaceAll('"', ''));
        this.#expect(';');
      } else if (word === 'package') {
        this.#package = this.#next();
        file.text(2, this.#package);
        this.#expect(';');
      } else if (word === 'message') file.span(4, this.#message([]));
      else if (word === 'service') file.span(6, this.#service());
      else throw new Error(`${fileName}: ${word} is not expected here`);
    }
    return { bytes: file.raw(syntax.finish()).finish(), symbols: this.#symbols, services: this.#services };
  }

  #message(outer: readonly string[]): Buffer {
    const path = [...outer, this.#declare(outer)];
    const message = new WireWriter().text(1, path.at(-1) ?? '');
    const nested: Buffer[] = [];
    const oneofs: string[] = [];
    this.#expect('{');
    let inOneof = false;
    for (let word = this.#next(); word !== '}' || inOneof; word = this.#next()) {
      if (word === '}') inOneof = false;
      else if (word === 'message') nested.push(this.#message(path));
      else if (word === 'enum') message.span(4, this.#enum(path));
      else if (word === 'oneof') {
        oneofs.push(this.#declare(path));
        this.#expect('{');
        inOneof = true;
      } else if (word === 'map') {
        const { field, entry } = this.#map(path);
        message.span(2, field);
        nested.push(entry);
      } else message.span(2, this.#field(word, { path, oneof: inOneof ? oneofs.length - 1 : undefined }));
    }
    for (const inner of nested) message.span(3, inner);
    for (const oneof of oneofs) message.span(8, new WireWriter().text(1, oneof).finish());
    return message.finish();
  }

  #field(first: string, { path, oneof }: { path: readonly string[]; oneof: number | undefined }): Buffer {
    const repeated = first === 'repeated';
    const type = repeated ? this.#next() : first;
    const name = this.#next();
    const number = this.#number();
    const field = new WireWriter()
      .text(1, name)
      .integer(3, number)
      .integer(4, repeated ? REPEATED : OPTIONAL);
    this.#symbols.add([this.#package, ...path, name].join('.'));
    this.#type(field, type, path);
    // The first choice has index 0, which must be written all the same: without it the field would belong to none.
    if (oneof !== undefined) field.tag(9, 0).varint(oneof);
    return field.finish();
  }

  #type(field: WireWriter, type: string, path: readonly string[]): void {
    const scalar = SCALARS[type];
    if (scalar !== undefined) field.integer(5, scalar);
    else field.integer(5, this.#enums.has(type) ? ENUM : MESSAGE).text(6, this.#resolve(type, path));
  }

  /** A map is a repeated message of keys and values. */
  #map(path: readonly string[]): { field: Buffer; entry: Buffer } {
    this.#expect('<');
    const key = this.#next();
    this.#expect(',');
    const value = this.#next();
    this.#expect('>');
    const name = this.#next();
    const number = this.#number();
    this.#symbols.add([this.#package, ...path, name].join('.'));
    const entryName = `${name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Entry`;
    this.#symbols.add([this.#package, ...path, entryName].join('.'));
    const part = (partName: string, partNumber: number, type: string): Buffer => {
      this.#symbols.add([this.#package, ...path, entryName, partName].join('.'));
      const field = new WireWriter().text(1, partName).integer(3, partNumber).integer(4, OPTIONAL);
      this.#type(field, type, path);
      return field.finish();
    };
    const entry = new WireWriter()
      .text(1, entryName)
      .span(2, part('key', 1, key))
      .span(2, part('value', 2, value));
    const options = new WireWriter().bool(7, true).finish();
    const typeName = `.${[this.#package, ...path, entryName].join('.')}`;
    const field = new WireWriter().text(1, name).integer(3, number).integer(4, REPEATED).integer(5, MESSAGE);
    return { field: field.text(6, typeName).finish(), entry: entry.span(7, options).finish() };
  }

  #enum(outer: readonly string[]): Buffer {
    const described = new WireWriter().text(1, this.#declare(outer));
    this.#expect('{');
    for (let word = this.#next(); word !== '}'; word = this.#next()) {
      // Values stand beside their enumeration, not in it.
      this.#symbols.add([this.#package, ...outer, word].join('.'));
      // The first value is 0, which must be written all the same.
      described.span(2, new WireWriter().text(1, word).tag(2, 0).varint(this.#number()).finish());
    }
    return described.finish();
  }

  #service(): Buffer {
    const name = this.#declare([]);
    this.#services.push(`${this.#package}.${name}`);
    const service = new WireWriter(1024).text(1, name);
    this.#expect('{');
    for (let word = this.#next(); word !== '}'; word = this.#next()) {
      if (word !== 'rpc') throw new Error(`${word} in a service`);
      service.span(2, this.#method(name));
    }
    return service.finish();
  }

  #method(service: string): Buffer {
    const name = this.#next();
    this.#symbols.add(`${this.#package}.${service}.${name}`);
    const input = this.#side();
    this.#expect('returns');
    const output = this.#side();
    this.#expect('{');
    this.#expect('}');
    const method = new WireWriter().text(1, name).text(2, input.type).text(3, output.type);
    return method.bool(5, input.stream).bool(6, output.stream).finish();
  }

  #side(): { type: string; stream: boolean } {
    this.#expect('(');
    const word = this.#next();
    const stream = word === 'stream';
    const type = this.#resolve(stream ? this.#next() : word, []);
    this.#expect(')');
    return { type, stream };
  }

  /** The full name of a type: declared in this message, or at the top. Names here are unique enough for that. */
  #resolve(type: string, path: readonly string[]): string {
    const inner = [this.#package, ...path, type].join('.');
    const isInner = this.#symbols.has(inner);
    return `.${isInner ? inner : `${this.#package}.${type}`}`;
  }

  #declare(outer: readonly string[]): string {
    const name = this.#next();
    this.#symbols.add([this.#package, ...outer, name].join('.'));
    return name;
  }

  /** ` = NUMBER;` */
  #number(): number {
    this.#expect('=');
    const number = Number(this.#next());
    this.#expect(';');
    return number;
  }

  #next(): string {
    return this.#words[this.#position++] ?? '';
  }

  #expect(word: string): void {
    const found = this.#next();
    if (found !== word) throw new Error(`wanted ${word}, found ${found}`);
  }
}
