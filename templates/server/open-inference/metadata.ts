import type { Axis, Port, Signature } from '../signature.ts';

/** Extensions of the protocol that are served, by the names that Triton gives them. */
export const EXTENSIONS = ['binary_tensor_data'];

/** Server metadata of the protocol, as JSON. */
export function renderServerMetadata(version: string): string {
  return JSON.stringify({ name: 'plimsoll', version, extensions: EXTENSIONS });
}

/** Model metadata of the protocol, as JSON; a size that the model leaves open is -1. */
export function renderModelMetadata(signature: Signature): string {
  return JSON.stringify({
    name: signature.name,
    versions: [signature.version],
    platform: 'onnxruntime_onnx',
    inputs: signature.inputs.map(describe),
    outputs: signature.outputs.map(describe),
  });
}

function describe(port: Port): { name: string; datatype: string; shape: readonly number[] } {
  // The protocol has no word for an open rank; one open dimension is what Triton says for it.
  return { name: port.name, datatype: port.datatype.name, shape: port.axes?.map(openAsMinusOne) ?? [-1] };
}

function openAsMinusOne(axis: Axis): number {
  return typeof axis === 'number' ? axis : -1;
}
