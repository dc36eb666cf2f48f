import type { Tensor } from '../src/onnx/model.ts';
import { writeModel } from '../src/onnx/write-model.ts';
import { graphOf, modelOf, nodeOf, tensorOf, valueInfoOf } from '../test/onnx/parts.ts';

/** A layer's weights are a square of this side: 16 MiB of float32. */
const WIDTH = 2048;

/** Writes a multilayer perceptron of about so many bytes, with seeded weights inline; the same seed gives the same file. */
export async function writeLargeModel(path: string, { bytes, seed }: { bytes: number; seed: number }): Promise<void> {
  const layers = Math.max(1, Math.round(bytes / (WIDTH * WIDTH * 4)));
  const initializers = Array.from({ length: layers }, (_, index) => weights(`w${index}`, seed * 1000 + index));
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
    inputs: [valueInfoOf('x0', 'float', ['batch', WIDTH])],
    outputs: [valueInfoOf('y', 'float', ['batch', WIDTH])],
  });
  await writeModel(modelOf({ graph }), path);
}

function weights(name: string, seed: number): Tensor {
  const values = new Float32Array(WIDTH * WIDTH);
  let state = seed >>> 0 || 1;
  for (let index = 0; index < values.length; index++) {
    // Marsaglia's xorshift: fast, and good enough for weights that must merely not compress.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    values[index] = (state >> 8) / 2 ** 29;
  }
  const bytes = new Uint8Array(values.buffer);
  return tensorOf(name, { elementType: 'float', dims: [WIDTH, WIDTH], data: { kind: 'memory', bytes } });
}
