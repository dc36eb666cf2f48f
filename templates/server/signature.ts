import type { Plan, TensorSignature } from '../../schemas/plan.ts';
import { DATATYPES, type Datatype, isServedType, type ServedType } from './open-inference/datatypes.ts';

/** A symbol of the model's shapes: one size for a request, wherever it stands. */
export interface SymbolicSize {
  readonly name: string;
  /** Place in the table of sizes that a request fills in. */
  readonly slot: number;
  /** Largest size that the packager settled; `undefined` where it is open. */
  readonly bound: number | undefined;
}

/** A known size, a symbol, or `null` where the model does not say. */
export type Axis = number | SymbolicSize | null;

/** An input or output as the server deals with it. */
export interface Port {
  readonly name: string;
  readonly type: ServedType;
  readonly datatype: Datatype;
  /** `null` where even the rank is open. */
  readonly axes: readonly Axis[] | null;
  /** The longest text that the packager settled, in UTF-16 units; `undefined` where any is taken. */
  readonly mostLetters?: number | undefined;
}

/** What the server answers for: the plan's model, ready for use. */
export interface Signature {
  readonly name: string;
  readonly version: string;
  /** Inputs that a request must bring. */
  readonly inputs: readonly Port[];
  /**
   * Inputs with a default. onnxruntime-node drops what it is fed for them without a word, so a request that brings one is
   * refused: a wrong answer would look like a right one.
   */
  readonly constantInputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly symbolCount: number;
}

/**
 * Makes the plan's signature ready for use.
 *
 * @throws TypeError where the plan has an element type that the runtime's binding does not carry
 */
export function makeSignature(plan: Plan): Signature {
  const symbols = new Map<string, SymbolicSize>();
  const bounds = boundsOf(plan);
  const inputs = plan.model.inputs.map((tensor) => makePort(tensor, bounds, { symbols, namesAxes: true }));
  const outputs = plan.model.outputs.map((tensor) => makePort(tensor, bounds, { symbols, namesAxes: false }));
  const isConstant = (input: Port) => plan.model.optionalInputs.includes(input.name);
  return {
    name: plan.name,
    version: plan.version,
    inputs: inputs.filter((input) => !isConstant(input)),
    constantInputs: inputs.filter(isConstant),
    outputs,
    symbolCount: symbols.size,
  };
}

/** Where requests share runs, the bound of the rows is that of a run: a request of more rows takes several. */
function boundsOf({ bounds, batching, model }: Plan): Plan['bounds'] {
  const first = model.inputs.find(({ name }) => !model.optionalInputs.includes(name));
  const size = first?.shape?.[0];
  const isShared = size === NO_NAME || typeof size === 'number';
  if (batching.state === 'off' || first === undefined || isShared) return bounds;
  const { [size ?? `${first.name}[0]`]: _, ...others } = bounds;
  return others;
}

interface Naming {
  readonly symbols: Map<string, SymbolicSize>;
  /** Whether bounds go by the place of a dimension that has no symbol. */
  readonly namesAxes: boolean;
}

function makePort(tensor: TensorSignature, bounds: Plan['bounds'], { symbols, namesAxes }: Naming): Port {
  const type = tensor.elementType;
  if (!isServedType(type)) {
    throw new TypeError(`tensor "${tensor.name}" is ${type}, which this runtime's binding does not carry`);
  }
  const axes =
    tensor.shape?.map((size, axis) => {
      if (typeof size === 'number') return size;
      const place = `${tensor.name}[${axis}]`;
      if (size === null && !(namesAxes && Object.hasOwn(bounds, place))) return null;
      return symbol({ name: size ?? place, key: size === NO_NAME ? place : (size ?? place) }, bounds, symbols);
    }) ?? null;
  const letters = `${tensor.name}[letters]`;
  const mostLetters = type === 'string' && Object.hasOwn(bounds, letters) ? bounds[letters] : undefined;
  return { name: tensor.name, type, datatype: DATATYPES[type], axes, mostLetters };
}

/** What exporters of PaddlePaddle write where they know no name: dimensions that are called so need not be equal. */
const NO_NAME = '?';

function symbol(
  { name, key }: { readonly name: string; readonly key: string },
  bounds: Plan['bounds'],
  symbols: Map<string, SymbolicSize>,
): SymbolicSize {
  const known = symbols.get(key);
  if (known) return known;
  const bound = Object.hasOwn(bounds, name) ? bounds[name] : undefined;
  const made = { name, slot: symbols.size, bound };
  symbols.set(key, made);
  return made;
}
