import { readFile } from 'node:fs/promises';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { Config } from '../nouns/config.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { nearest } from '../nouns/nearest.ts';

/** No configuration comes near it; the parser needs a second for a hundred thousand brackets. */
const LARGEST_CONFIG_BYTES = 1 << 18;

/** YAML's anchors can multiply; a configuration has no use for more than a few. */
const MOST_ALIASES = 32;

type Path = readonly PropertyKey[];

/**
 * Reads and validates `plimsoll.yaml`.
 * @throws Failure `config/unreadable`, `config/syntax`, `config/invalid` (each problem on its own line, with its place).
 */
export async function readConfig(file: string): Promise<Config> {
  return parseConfig(await read(file), file);
}

/** The same for text that is at hand; `file` is for messages. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new Failure(`${file}:${line}:${col}: not YAML: ${SYNTAX[broken.code] ?? firstLine(broken.message)}`, {
      code: 'config/syntax',
      exit: EXIT.usage,
      mend: 'Mend the line; keys and values are separated by a colon and a space, and nested keys are indented by spaces.',
      cause: broken,
    });
  }
  const result = Config.safeParse(valuesOf(document, file) ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap(problemsOf);
  throw new Failure(
    problems.map(({ path, what }) => `${placeOf(path, { document, lines, file })}: ${what}`).join('\n'),
    {
      code: 'config/invalid',
      exit: EXIT.usage,
      mend: `Mend ${problems.length === 1 ? 'that line' : 'those lines'}; docs/configuration.md explains every key.`,
    },
  );
}

/** What the parser says of its own calls, said of the file instead; its other messages serve as they are. */
const SYNTAX: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins; a configuration is one',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
};

function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    throw new Failure(`${file}: ${(cause as Error).message}`, {
      code: 'config/syntax',
      exit: EXIT.usage,
      mend: `Write the values out; a configuration may use at most ${MOST_ALIASES} aliases.`,
      cause,
    });
  }
}

async function read(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(`${file} cannot be read: ${cause.code ?? cause.message}`, {
      code: 'config/unreadable',
      exit: EXIT.usage,
      mend: 'Check the path and its permissions.',
      cause,
    });
  });
  if (bytes.byteLength <= LARGEST_CONFIG_BYTES) return textOf(bytes, file);
  throw new Failure(`${file} has ${bytes.byteLength} bytes; a configuration has at most ${LARGEST_CONFIG_BYTES}`, {
    code: 'config/unreadable',
    exit: EXIT.usage,
    mend: 'Check that the path names a plimsoll.yaml.',
  });
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Failure(`${file} is not text in UTF-8`, {
      code: 'config/syntax',
      exit: EXIT.usage,
      mend: 'Save it again as UTF-8.',
      cause,
    });
  }
}

interface Problem {
  readonly path: Path;
  readonly what: string;
}

function problemsOf(issue: z.core.$ZodIssue): readonly Problem[] {
  if (issue.code === 'invalid_union') return problemsOfUnion(issue);
  if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, what: wordsOf(issue) }];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint = meant ? `did you mean ${meant}?` : `known here: ${known.join(', ')}`;
    return { path: [...issue.path, key], what: `unknown key; ${hint}` };
  });
}

/** Of what may be written in several ways, the way that was meant: the one whose kind of value stands there. */
function problemsOfUnion({ errors, path }: z.core.$ZodIssueInvalidUnion): readonly Problem[] {
  const isOtherKind = (issues: readonly z.core.$ZodIssue[]): boolean =>
    issues.some((issue) => issue.path.length === 0 && ['invalid_type', 'invalid_value'].includes(issue.code));
  const meant = errors.find((issues) => !isOtherKind(issues));
  if (meant) return meant.flatMap((issue) => problemsOf({ ...issue, path: [...path, ...issue.path] }));
  const words = new Set(errors.flat().map(wordsOf));
  if (words.has('missing')) return [{ path, what: 'missing' }];
  return [{ path, what: `wanted ${[...words].map((word) => word.replace(/^wanted /, '')).join(', or ')}` }];
}

function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    return issue.message.endsWith('received undefined')
      ? 'missing'
      : `wanted ${WANTED[issue.expected] ?? issue.expected}`;
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'too_small' && issue.origin === 'string') return 'wanted a text that is not empty';
  if (issue.code === 'invalid_value')
    return `wanted ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  return issue.message;
}

/** What the schema calls the kinds of values, as a reader of YAML does. */
const WANTED: Readonly<Record<string, string>> = {
  object: 'a group of keys',
  record: 'a group of keys',
  array: 'a list',
  string: 'a text; what YAML takes for something else is put in quotes',
  number: 'a number, without quotes',
  int: 'a whole number',
};

/** The keys that the schema knows at a path. */
function keysAt(path: Path): readonly string[] {
  let schema: unknown = Config;
  for (const segment of path) {
    schema = shapeOf(schema)?.[String(segment)];
  }
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  let current = schema;
  while (current instanceof z.ZodOptional || current instanceof z.ZodDefault || current instanceof z.ZodPrefault) {
    current = current.unwrap();
  }
  if (current instanceof z.ZodUnion) return current.options.map(shapeOf).find((shape) => shape !== undefined);
  return current instanceof z.ZodObject ? current.shape : undefined;
}

function placeOf(
  path: Path,
  { document, lines, file }: { document: Document; lines: LineCounter; file: string },
): string {
  const name = path.map(String).join('.');
  const offset = offsetOf(document, path);
  const position = offset === undefined ? '' : `:${lines.linePos(offset).line}:${lines.linePos(offset).col}`;
  return `${file}${position}${name ? `: ${name}` : ''}`;
}

function offsetOf(document: Document, path: Path): number | undefined {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(path.at(-1)));
    if (pair && isNode(pair.key)) return pair.key.range?.[0];
  }
  const node = path.length > 0 ? document.getIn(path, true) : undefined;
  return isNode(node) ? node.range?.[0] : undefined;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text;
}
