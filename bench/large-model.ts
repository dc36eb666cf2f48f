import type { Tensor } from '../src/onnx/model.ts';
import { writeModel } from '../src/onnx/write-model.ts';
import { graphOf, modelOf, nodeOf, tensorOf, valueInfoOf } from '../test/onnx/parts.ts';

/** Where nothing else is said, a layer's weights are a square of this side: 16 MiB of float32. */
const WIDTH = 2048;

export interface LargeModel {
  readonly bytes: number;
  readonly seed: number;
  /** How many layers share the bytes. */
  readonly layers?: number;
}

/** Writes a multilayer perceptron of about so many bytes, with seeded weights inline; the same seed gives the same file. */
export async function writeLargeModel(path: string, { bytes, seed, ...rest }: LargeModel): Promise<void> {
  const layers = rest.layers ?? Math.max(1, Math.round(bytes / (WIDTH * WIDTH * 4)));
  const width = rest.layers === undefined ? WIDTH : Math.round(Math.sqrt(bytes / layers / 4));
  const initializers = Array.from({ length: layers }, (_, index) =>
    weights(`w${index}`, { width, seed: seed * 1000 + index }),
  );
  const nodes = initializers.flatMap(({ name }, index) => [
    nodeOf('MatMul', { name: `matmul${index}`, inputs: [`x${index}`, name], outputs: [`m${index}`] }),
    nodeOf('Tanh', {
      name: `tanh${index}`,
      inputs: [`m${index}`],
      outputs: [index === layers - 1 ? 'y' : `x${index + 1}`],
    }),
  ]);
  const graph = graphOf({
    nodes,
    initializers,
    inputs: [valueInfoOf('x0', 'float', ['batch', width])],
    outputs: [valueInfoOf('y', 'float', ['batch', width])],
  });
  await writeModel(modelOf({ graph }), path);
}

function weights(name: string, { width, seed }: { width: number; seed: number }): Tensor {
  const values = new Float32Array(width * width);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < values.length; index++) {
    // Marsaglia's xorshift: fast, and good enough for weights that must merely not compress.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[index] = (state >> 8) / 2 ** 29;
  }
  const bytes = new Uint8Array(values.buffer);
  return tensorOf(name, { elementType: 'float', dims: [width, width], data: { kind: 'memory', bytes } });
}
