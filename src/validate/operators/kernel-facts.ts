import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { HERE } from '../../here.ts';
import type { TypeAssignment } from './single-node-model.ts';

/** What one runtime was found to have kernels for; `probeKernels` makes it. */
export interface KernelFacts {
  readonly onnxruntime: string;
  /** Lists of types that the entries refer to by number. */
  readonly typeLists: readonly (readonly string[])[];
  /** By domain, operator and the opset in which the schema came. */
  readonly kernels: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, KernelEntry>>>>>>;
}

/** Each row gives for each variable a list of types: every combination of them loads, or could not be asked. */
export interface KernelEntry {
  readonly variables: readonly string[];
  readonly accepted: readonly (readonly number[])[];
  /** The runtime refused these for another reason than a missing kernel. */
  readonly unasked?: readonly (readonly number[])[];
  /** Not every combination was asked: what is not accepted is not known. */
  readonly sampled?: boolean;
}

/** `unknown` where the runtime was not or could not be asked. */
export type KernelAnswer = 'yes' | 'no' | 'unknown';

export interface KernelQuestion {
  /** Empty for the default domain. */
  readonly domain: string;
  readonly opType: string;
  /** The opset in which the schema came that is in force, not the one that the model imports. */
  readonly since: number;
  /** What the schema's type variables stand for; those left out do not matter. */
  readonly types: TypeAssignment;
}

/** Whether the runtime runs a node of this operator, version and types: by a kernel of its own, a conversion or a function body. */
export function kernelFor(facts: KernelFacts, { domain, opType, since, types }: KernelQuestion): KernelAnswer {
  const entry = own(own(own(facts.kernels, domain), opType), String(since));
  if (entry === undefined) return 'unknown';
  const covers = (rows: readonly (readonly number[])[]): boolean =>
    rows.some((row) =>
      entry.variables.every((variable, place) => {
        const type = own(types, variable);
        return type === undefined || facts.typeLists[row[place] ?? -1]?.includes(type) === true;
      }),
    );
  if (covers(entry.accepted)) return 'yes';
  return entry.sampled === true || covers(entry.unasked ?? []) ? 'unknown' : 'no';
}

/** The types that a variable can stand for in some accepted combination, sorted. */
export function acceptedTypes(
  facts: KernelFacts,
  question: Omit<KernelQuestion, 'types'> & { readonly variable: string },
): readonly string[] {
  const { domain, opType, since, variable } = question;
  const entry = own(own(own(facts.kernels, domain), opType), String(since));
  const place = entry?.variables.indexOf(variable) ?? -1;
  if (entry === undefined || place < 0) return [];
  const types = entry.accepted.flatMap((row) => facts.typeLists[row[place] ?? -1] ?? []);
  return [...new Set(types)].sort();
}

let shipped: KernelFacts | undefined;

/** What was found for the default onnxruntime version. */
export function shippedKernelFacts(): KernelFacts {
  shipped ??= JSON.parse(
    gunzipSync(readFileSync(new URL('validate/operators/kernels.json.gz', HERE))).toString(),
  ) as KernelFacts;
  return shipped;
}

function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
