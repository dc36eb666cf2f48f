type Comparison = (found: number) => boolean;

const COMPARISONS: Readonly<Record<string, (wanted: number) => Comparison>> = {
  '>=': (wanted) => (found) => found >= wanted,
  '<=': (wanted) => (found) => found <= wanted,
  '>': (wanted) => (found) => found > wanted,
  '<': (wanted) => (found) => found < wanted,
  '=': (wanted) => (found) => found === wanted,
};

/** Whether a version lies in a range such as `17`, `>=13` or `>=13 <=21`. */
export function isInOpsetRange(range: string | number, version: number): boolean {
  const parts = [...String(range).matchAll(/(>=|<=|>|<|=)?\s*(\d+)/g)];
  return parts.every(([, sign = '=', wanted]) => COMPARISONS[sign]?.(Number(wanted))(version) === true);
}
