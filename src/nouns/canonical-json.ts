export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * JSON whose bytes depend on its value alone: keys sorted by code unit, two spaces or none, a final newline when indented.
 * What is hashed or committed is written this way.
 */
export function canonicalJson(value: Json, options: { readonly indent?: boolean } = {}): string {
  const text = JSON.stringify(sorted(value), null, options.indent ? 2 : 0);
  return options.indent ? `${text}\n` : text;
}

function sorted(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value as { readonly [key: string]: Json | undefined });
  return Object.fromEntries(
    entries
      .filter((entry): entry is [string, Json] => entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
