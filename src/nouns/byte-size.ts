const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const PATTERN = /^(\d+(?:\.\d+)?)\s?([A-Za-z]+)$/;

/** What a size looks like, for messages. */
export const BYTE_SIZE_EXAMPLE = 'such as 256MiB, 1.5GiB, 80MB or 1048576B';

export type ByteSizeResult =
  | { readonly ok: true; readonly bytes: number }
  | { readonly ok: false; readonly why: string };

/**
 * Reads a size with its unit: binary (`KiB`, `MiB`, `GiB`, `TiB`), decimal (`kB`, `MB`, `GB`, `TB`) or `B`. A number without
 * a unit is refused, because half of its readers take it for mebibytes and the other half for bytes.
 */
export function parseByteSize(value: unknown): ByteSizeResult {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value <= 0) return refuse(`${value} is not a size; wanted one ${BYTE_SIZE_EXAMPLE}`);
    return refuse(`${value} has no unit; write ${value}MiB, or ${value}B if bytes are meant`);
  }
  if (typeof value !== 'string') return refuse(`found ${describe(value)}; wanted a size ${BYTE_SIZE_EXAMPLE}`);
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return parseByteSize(Number(text));
  const match = PATTERN.exec(text);
  if (!match) return refuse(`"${value}" is not a size; wanted a number and a unit ${BYTE_SIZE_EXAMPLE}`);
  const factor = unitOf(match[2] ?? '');
  if (factor === undefined) {
    return refuse(`"${match[2]}" is not a unit of size; the units are ${Object.keys(UNITS).join(', ')}`);
  }
  const bytes = Math.round(Number(match[1]) * factor);
  if (!Number.isSafeInteger(bytes)) return refuse(`"${value}" is larger than any machine's memory`);
  if (bytes === 0) return refuse(`"${value}" is no room at all; wanted a size above zero`);
  return { ok: true, bytes };
}

/** Shows a size to three digits in binary units: `21.4 MiB`. */
export function formatByteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  let value = bytes;
  let unit = 'B';
  for (const next of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${unit}`;
}

function unitOf(unit: string): number | undefined {
  const name = Object.keys(UNITS).find((known) => known.toLowerCase() === unit.toLowerCase());
  return name === undefined ? undefined : UNITS[name];
}

function refuse(why: string): ByteSizeResult {
  return { ok: false, why };
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a group of keys' : `a ${typeof value}`;
}
