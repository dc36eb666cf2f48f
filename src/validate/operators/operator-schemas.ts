import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { HERE } from '../../here.ts';

export type AttributeKind =
  | 'float'
  | 'int'
  | 'string'
  | 'tensor'
  | 'graph'
  | 'sparse-tensor'
  | 'type'
  | 'floats'
  | 'ints'
  | 'strings'
  | 'tensors'
  | 'graphs'
  | 'sparse-tensors'
  | 'types';

export interface FormalParameter {
  readonly name: string;
  /** A type variable of the schema, or a type such as `tensor(int64)`. */
  readonly type: string;
  readonly option: 'single' | 'optional' | 'variadic';
  /** Whether all values of a variadic parameter have one type. */
  readonly homogeneous: boolean;
}

/** One version of one operator. */
export interface OperatorSchema {
  readonly domain: string;
  readonly name: string;
  readonly since: number;
  readonly inputs: readonly FormalParameter[];
  readonly outputs: readonly FormalParameter[];
  readonly inputCount: CountRange;
  readonly outputCount: CountRange;
  readonly attributes: ReadonlyMap<string, { readonly kind: AttributeKind; readonly required: boolean }>;
  /** What each type variable may stand for, such as `tensor(float)`. */
  readonly types: ReadonlyMap<string, readonly string[]>;
  readonly deprecated: boolean;
  /** Whether the runtime lets attributes pass that the schema does not name. */
  readonly takesAnyAttribute: boolean;
  /** Whether the specification also defines it in terms of other operators. */
  readonly hasFunctionBody: boolean;
  /** Where only one of the specification and the runtime knows it. */
  readonly onlyIn: 'onnx' | 'onnxruntime' | null;
}

/** `most` is null where there is no upper end. */
export interface CountRange {
  readonly least: number;
  readonly most: number | null;
}

export interface OperatorId {
  /** Empty for the default domain. */
  readonly domain: string;
  readonly name: string;
}

export interface RuntimeLimits {
  readonly irVersion: number;
  /** The newest opset of each domain that the runtime takes; domains that are not here are unknown to it. */
  readonly opsets: ReadonlyMap<string, number>;
}

/** The schema in force under an opset: the newest that is not newer. `undefined` where there is none. */
export function schemaFor(id: OperatorId, opset: number): OperatorSchema | undefined {
  return schemaHistory(id).findLast((schema) => schema.since <= opset);
}

/** All versions of an operator, oldest first; empty for one that nobody knows. */
export function schemaHistory(id: OperatorId): readonly OperatorSchema[] {
  const key = `${id.domain}:${id.name}`;
  const known = decoded.get(key);
  if (known) return known;
  const operators = own(records().operators, id.domain);
  const entries = operators === undefined ? undefined : own(operators, id.name);
  const history = (entries ?? []).map((entry) => decode(id, entry)).sort((a, b) => a.since - b.since);
  if (history.length > 0) decoded.set(key, history);
  return history;
}

/** The operators that a domain has had in any version; empty for a domain that nobody knows. */
export function operatorNames(domain: string): readonly string[] {
  return Object.keys(own(records().operators, domain) ?? {});
}

/** The domains of which operators are recorded. */
export function knownDomains(): readonly string[] {
  return Object.keys(records().operators);
}

/** The newest opset of a domain in the specification. */
export function newestOpset(domain: string): number | undefined {
  return own(records().newestOpsets, domain);
}

/** The newest versions that the recorded onnxruntime takes. */
export function runtimeLimits(): RuntimeLimits {
  const { runtimeIrVersion, runtimeOpsets } = records();
  return { irVersion: runtimeIrVersion, opsets: new Map(Object.entries(runtimeOpsets)) };
}

interface SchemaRecords {
  readonly newestOpsets: Readonly<Record<string, number>>;
  readonly runtimeIrVersion: number;
  readonly runtimeOpsets: Readonly<Record<string, number>>;
  readonly typeSets: readonly (readonly string[])[];
  readonly operators: Readonly<Record<string, Readonly<Record<string, readonly SchemaRecord[]>>>>;
}

/** As scripts/record-operator-schemas.py writes it. */
interface SchemaRecord {
  readonly since: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputCount: readonly [number, number | null];
  readonly outputCount: readonly [number, number | null];
  readonly attributes?: Readonly<Record<string, string>>;
  readonly types?: Readonly<Record<string, number>>;
  readonly deprecated?: boolean;
  readonly anyAttribute?: boolean;
  readonly function?: boolean;
  readonly onlyIn?: 'onnx' | 'onnxruntime';
}

let loaded: SchemaRecords | undefined;
const decoded = new Map<string, readonly OperatorSchema[]>();

function records(): SchemaRecords {
  loaded ??= JSON.parse(
    gunzipSync(readFileSync(new URL('validate/operators/schemas.json.gz', HERE))).toString(),
  ) as SchemaRecords;
  return loaded;
}

function decode(id: OperatorId, entry: SchemaRecord): OperatorSchema {
  const { typeSets } = records();
  return {
    domain: id.domain,
    name: id.name,
    since: entry.since,
    inputs: entry.inputs.map(formalParameter),
    outputs: entry.outputs.map(formalParameter),
    inputCount: { least: entry.inputCount[0], most: entry.inputCount[1] },
    outputCount: { least: entry.outputCount[0], most: entry.outputCount[1] },
    attributes: new Map(
      Object.entries(entry.attributes ?? {}).map(([name, text]) => [
        name,
        { kind: text.replace('!', '') as AttributeKind, required: text.endsWith('!') },
      ]),
    ),
    types: new Map(Object.entries(entry.types ?? {}).map(([name, place]) => [name, typeSets[place] ?? []])),
    deprecated: entry.deprecated === true,
    takesAnyAttribute: entry.anyAttribute === true,
    hasFunctionBody: entry.function === true,
    onlyIn: entry.onlyIn ?? null,
  };
}

const PARAMETER = /^([^:]*):(.*?)([?*]?)(~?)$/;

function formalParameter(text: string): FormalParameter {
  const [, name = '', type = '', option = '', mixed = ''] = PARAMETER.exec(text) ?? [];
  return {
    name,
    type,
    option: option === '?' ? 'optional' : option === '*' ? 'variadic' : 'single',
    homogeneous: mixed === '',
  };
}

function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
