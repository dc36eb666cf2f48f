/** Whether two lists hold the same in the same order. */
export function isSameList<T>(
  one: readonly T[],
  other: readonly T[],
  isSame: (a: T, b: T) => boolean = Object.is,
): boolean {
  return one.length === other.length && one.every((item, place) => isSame(item, other[place] as T));
}
