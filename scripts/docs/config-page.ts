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
  const schema = z.toJSONSchema(Config, { io: 'input', unrepresentable: 'any' }) as Schema;
  const rows = keysOf(schema, '').map(({ path, schema: own, isRequired }) => [
    `\`${path}\``,
    valuesOf(own),
    own.default === undefined || isEmpty(own.default)
      ? isRequired
        ? 'required'
        : ''
      : `\`${JSON.stringify(own.default)}\``,
    (own.description ?? '').replaceAll('|', '\\|'),
  ]);
  return [
    '# Keys of plimsoll.yaml\n',
    'Made from the schema that reads the file; [configuration](configuration.md) says how they belong together. An unknown key is an error, with the\nnearest known one. Editors find the same as JSON Schema in the package: `plimsoll/schema/config.json`.\n',
    table(['key', 'value', 'default', 'meaning'], rows),
  ].join('\n');
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
