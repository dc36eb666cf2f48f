import * as z from 'zod';
import { Config } from '../../src/nouns/config.ts';
import { table } from './command-pages.ts';

/** A JSON Schema as far as the page reads it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly required?: readonly string[];
}

/** Every key of plimsoll.yaml, made from the schema that reads it. */
export function configPage(): string {
  const rows = keysOf(configSchema(), '').map((key) => [
    `[\`${key.path}\`](keys/${topOf(key.path)}.md)`,
    valuesOf(key.schema),
    defaultOf(key),
    (key.schema.description ?? '').replaceAll('|', '\\|'),
  ]);
  return [
    '# Keys of plimsoll.yaml\n',
    'Made from the schema that reads the file; [configuration](configuration.md) says how they belong together. An unknown key is an error, with the\nnearest known one. Editors find the same as JSON Schema in the package: `plimsoll/schema/config.json`.\n',
    table(['key', 'value', 'default', 'meaning'], rows),
  ].join('\n');
}

/** A page for each key of the file, with those below it, by path. */
export function keyPages(): readonly (readonly [path: string, text: string])[] {
  const keys = keysOf(configSchema(), '');
  return keys
    .filter(({ path }) => topOf(path) === path)
    .map(({ path }) => [`docs/keys/${path}.md`, pageOf(keys.filter((key) => topOf(key.path) === path))] as const);
}

function pageOf([key, ...below]: readonly Key[]): string {
  if (key === undefined) throw new TypeError('a page is about a key');
  return [
    `# ${key.path}\n`,
    factsOf(key),
    ...below.flatMap((one) => [`## ${one.path}\n`, factsOf(one)]),
    '[All keys](../configuration-keys.md), and [how they belong together](../configuration.md).\n',
  ].join('\n');
}

function factsOf(key: Key): string {
  const { description = '' } = key.schema;
  const settled = defaultOf(key);
  const facts = [
    `- value: ${valuesOf(key.schema)}`,
    ...(settled === '' ? [] : [settled === 'required' ? '- required' : `- default: ${settled}`]),
  ];
  return `${description === '' ? '' : `${description}\n\n`}${facts.join('\n')}\n`;
}

function defaultOf({ schema, isRequired }: Key): string {
  if (schema.default === undefined || isEmpty(schema.default)) return isRequired ? 'required' : '';
  return `\`${JSON.stringify(schema.default)}\``;
}

/** The key of the file that a path begins with. */
function topOf(path: string): string {
  return /^[^.[]+/.exec(path)?.[0] ?? path;
}

function configSchema(): Schema {
  return z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }) as Schema;
}

interface Key {
  readonly path: string;
  readonly schema: Schema;
  readonly isRequired: boolean;
}

function keysOf(schema: Schema, prefix: string): readonly Key[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, own]) => {
    const path = `${prefix}${name}`;
    const isRequired = schema.required?.includes(name) === true;
    const below = [own, ...(own.anyOf ?? []), ...(own.oneOf ?? [])].flatMap((part) => [
      ...keysOf(part, `${path}.`),
      ...(part.items ? keysOf(part.items, `${path}[].`) : []),
      ...(typeof part.additionalProperties === 'object' ? keysOf(part.additionalProperties, `${path}.NAME.`) : []),
    ]);
    return [{ path, schema: own, isRequired }, ...unique(below)];
  });
}

/** Alternatives of a key may share keys of their own; the first says it. */
function unique(keys: readonly Key[]): readonly Key[] {
  return keys.filter(({ path }, index) => keys.findIndex((key) => key.path === path) === index);
}

function valuesOf(schema: Schema): string {
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (alternatives) return [...new Set(alternatives.map(valuesOf))].join(', or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${schema.items ? valuesOf(schema.items) : 'values'}`;
  if (schema.type === 'object') return schema.properties ? 'group' : 'values by name';
  const least =
    schema.minimum ?? (schema.exclusiveMinimum === undefined ? undefined : `over ${schema.exclusiveMinimum}`);
  const isBounded = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER;
  const range = isBounded
    ? `, ${least ?? 'any'} to ${schema.maximum}`
    : least === undefined || Number(least) < -1e9
      ? ''
      : `, ${typeof least === 'string' ? least : `from ${least}`}`;
  return `${WORDS[String(schema.type)] ?? 'value'}${range}`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
};

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
