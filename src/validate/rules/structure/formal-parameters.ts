import type { CountRange, FormalParameter } from '../../operators/operator-schemas.ts';

/** Names of single parameters, which must be there, whose value is left empty. */
export function emptySingles(formals: readonly FormalParameter[], values: readonly string[]): readonly string[] {
  return formals.filter((formal, i) => formal.option === 'single' && values[i] === '').map((formal) => formal.name);
}

/** `1`, `2 to 3`, `1 or more`. */
export function countRangeText({ least, most }: CountRange): string {
  if (most === null) return `${least} or more`;
  return least === most ? String(least) : `${least} to ${most}`;
}
