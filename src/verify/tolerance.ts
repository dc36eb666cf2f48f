import type { Case, Datatype } from '../../schemas/case.ts';
import type { ToleranceSetting } from '../nouns/verify-settings.ts';

/** How far an answer may lie from the one that is wanted. */
export type Tolerance =
  | { readonly kind: 'exact' }
  /** `|found - wanted| <= absolute + relative x |wanted|`, for each element. */
  | { readonly kind: 'close'; readonly absolute: number; readonly relative: number }
  /** The largest `top` elements of each row, as a set, are the same in this share of the rows. */
  | { readonly kind: 'top'; readonly top: number; readonly agreement: number }
  /** The cosine between both vectors of each row is at least this. */
  | { readonly kind: 'cosine'; readonly least: number };

export interface SettledTolerance {
  readonly tolerance: Tolerance;
  readonly from: 'configuration' | 'case' | 'default';
}

/**
 * What rounding may do between two builds of a framework: some ten bits of the mantissa. Integers, flags and texts are exact: a
 * class that flips is another answer.
 */
const DEFAULTS: Readonly<Partial<Record<Datatype, Tolerance>>> = {
  FP16: { kind: 'close', absolute: 1e-3, relative: 1e-2 },
  FP32: { kind: 'close', absolute: 1e-5, relative: 1e-3 },
  FP64: { kind: 'close', absolute: 1e-9, relative: 1e-6 },
};

const EXACT: Tolerance = { kind: 'exact' };

/** The configuration's word goes over the case's, and that over the type's. */
export function settleTolerance(
  output: { readonly name: string; readonly datatype: Datatype },
  { configured, fromCase }: { readonly configured: ToleranceSetting | undefined; readonly fromCase: Case['tolerance'] },
): SettledTolerance {
  if (configured !== undefined) return { tolerance: configuredTolerance(configured), from: 'configuration' };
  const own = fromCase !== undefined && Object.hasOwn(fromCase, output.name) ? fromCase[output.name] : undefined;
  if (own !== undefined) return { tolerance: closeTo(own), from: 'case' };
  return { tolerance: DEFAULTS[output.datatype] ?? EXACT, from: 'default' };
}

/**
 * What one image may differ from itself by, when rows share a run: sums in another order, by the same runtime on the same
 * processor. Far below what belongs to another row.
 */
export function roundingOf(datatype: Datatype): Tolerance {
  if (datatype === 'FP16') return { kind: 'close', absolute: 5e-3, relative: 2e-2 };
  if (datatype === 'FP32') return { kind: 'close', absolute: 1e-5, relative: 1e-3 };
  if (datatype === 'FP64') return { kind: 'close', absolute: 1e-9, relative: 1e-7 };
  return EXACT;
}

/** What one answer may differ from itself by in another encoding: the last digits, as writers of numbers cut them. */
export function lastDigitsOf(datatype: Datatype): Tolerance {
  if (datatype === 'FP16') return { kind: 'close', absolute: 1e-7, relative: 2e-3 };
  if (datatype === 'FP32') return { kind: 'close', absolute: 1e-12, relative: 1e-6 };
  if (datatype === 'FP64') return { kind: 'close', absolute: 1e-30, relative: 1e-14 };
  return EXACT;
}

export function toleranceText(tolerance: Tolerance): string {
  if (tolerance.kind === 'exact') return 'equal';
  if (tolerance.kind === 'close') return closenessText(tolerance);
  if (tolerance.kind === 'cosine') return `cosine of at least ${tolerance.least}`;
  const share = tolerance.agreement === 1 ? 'every row' : `${tolerance.agreement * 100} % of the rows`;
  return `the same ${tolerance.top === 1 ? 'largest class' : `${tolerance.top} largest classes`} in ${share}`;
}

function closenessText({ absolute, relative }: { readonly absolute: number; readonly relative: number }): string {
  if (relative === 0) return `within ${absolute}`;
  return absolute === 0 ? `within ${relative} × |wanted|` : `within ${absolute} + ${relative} × |wanted|`;
}

function configuredTolerance(setting: ToleranceSetting): Tolerance {
  if (setting === 'exact') return EXACT;
  if (setting === 'classes') return { kind: 'top', top: 1, agreement: 1 };
  if (setting === 'embedding') return { kind: 'cosine', least: 0.9999 };
  if ('top' in setting) return { kind: 'top', top: setting.top, agreement: setting.agreement };
  if ('cosine' in setting) return { kind: 'cosine', least: setting.cosine };
  return closeTo(setting);
}

function closeTo({
  absolute = 0,
  relative = 0,
}: {
  readonly absolute?: number | undefined;
  readonly relative?: number | undefined;
}): Tolerance {
  return absolute === 0 && relative === 0 ? EXACT : { kind: 'close', absolute, relative };
}
