import type { Phase } from '../inference.ts';
import type { Axis, Port, Signature } from '../signature.ts';

/** Extensions of the protocol that are served, by the names that Triton gives them. */
const EXTENSIONS = ['binary_tensor_data', 'model_repository'];

interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** Server metadata of the protocol. */
export function serverMetadata(version: string) {
  return { name: 'plimsoll', version, extensions: EXTENSIONS } as const;
}

/** Model metadata of the protocol; a size that the model leaves open is -1. */
export function modelMetadata(signature: Signature) {
  return {
    name: signature.name,
    versions: [signature.version],
    platform: 'onnxruntime_onnx',
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.map(describe),
  } as const;
}

/** The model repository extension's list, of this one model. */
export function repositoryIndex({ name, version }: Signature, phase: Phase) {
  return [{ name, version, state: phase === 'ready' ? 'READY' : 'UNAVAILABLE', reason: '' }];
}

function describe(port: Port): TensorMetadata {
  // The protocol has no word for an open rank; one open dimension is what Triton says for it.
  return { name: port.name, datatype: port.datatype.name, shape: port.axes?.map(openAsMinusOne) ?? [-1] };
}

function openAsMinusOne(axis: Axis): number {
  return typeof axis === 'number' ? axis : -1;
}
