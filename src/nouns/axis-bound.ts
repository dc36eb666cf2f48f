/** A dimension that is named by where it stands, as bounds name those that have no symbol: `value[axis]`. */
export interface AxisPlace {
  readonly value: string;
  readonly axis: number;
}

/** The key in `bounds` of a dimension without a symbol. */
export function axisKey(value: string, axis: number): string {
  return `${value}[${axis}]`;
}

/** The key in `bounds` of a dimension of an input; `null` where the model gives its size. Older exporters write -1 for an open one. */
export function boundKey(input: string, size: number | string | null, axis: number): string | null {
  if (typeof size === 'string') return size;
  return size === null || size < 0 ? axisKey(input, axis) : null;
}

/** The key in `bounds` of the longest text that an input takes, in UTF-16 units as JavaScript counts them. */
export function lettersKey(input: string): string {
  return `${input}[letters]`;
}

/** The place that a key of `bounds` names; `null` for a symbol. */
export function parseAxisKey(key: string): AxisPlace | null {
  const match = /^(.+)\[(\d{1,3})\]$/su.exec(key);
  return match?.[1] === undefined ? null : { value: match[1], axis: Number(match[2]) };
}

/** The bounds that name a place, by value and then by axis. */
export function axisBounds(
  bounds: Iterable<readonly [string, number]>,
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const byValue = new Map<string, Map<number, number>>();
  for (const [key, most] of bounds) {
    const place = parseAxisKey(key);
    if (place === null) continue;
    const axes = byValue.get(place.value) ?? new Map<number, number>();
    byValue.set(place.value, axes.set(place.axis, most));
  }
  return byValue;
}

/** A key as YAML takes it. */
export function yamlKey(key: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(key) ? key : JSON.stringify(key);
}
