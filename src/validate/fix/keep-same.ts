/** The list with each item changed; the same list where no item did, so that a writer can copy it from its file. */
export function mapKept<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  const changed = list.map(change);
  return changed.every((item, index) => item === list[index]) ? list : changed;
}

/** The items that stay; the same list where all do. */
export function filterKept<T>(list: readonly T[], stays: (item: T) => boolean): readonly T[] {
  return list.every(stays) ? list : list.filter(stays);
}

/** `value` with other parts; itself where they are what it has already. */
export function withParts<T extends object>(value: T, parts: Partial<T>): T {
  const isSame = (Object.keys(parts) as (keyof T)[]).every((key) => value[key] === parts[key]);
  return isSame ? value : { ...value, ...parts };
}
