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
  const port = (tensor: TensorSignature): Port => makePort(tensor, bounds, symbols);
  const inputs = plan.model.inputs.map(port);
  const outputs = plan.model.outputs.map(port);
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
  const rows = model.inputs.find(({ name }) => !model.optionalInputs.includes(name))?.shape?.[0];
  if (batching.state === 'off' || typeof rows !== 'string') return bounds;
  const { [rows]: _, ...others } = bounds;
  return others;
}

function makePort(tensor: TensorSignature, bounds: Plan['bounds'], symbols: Map<string, SymbolicSize>): Port {
  const type = tensor.elementType;
  if (!isServedType(type)) {
    throw new TypeError(`tensor "${tensor.name}" is ${type}, which this runtime's binding does not carry`);
  }
  const axes = tensor.shape?.map((size) => (typeof size === 'string' ? symbol(size, bounds, symbols) : size)) ?? null;
  return { name: tensor.name, type, datatype: DATATYPES[type], axes };
}

function symbol(name: string, bounds: Plan['bounds'], symbols: Map<string, SymbolicSize>): SymbolicSize {
  const known = symbols.get(name);
  if (known) return known;
  const bound = Object.hasOwn(bounds, name) ? bounds[name] : undefined;
  const made = { name, slot: symbols.size, bound };
  symbols.set(name, made);
  return made;
}
