import type { Kernel } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

/** The gates of all steps at once, for each direction; a backward one also reverses its input and output. */
function gates(count: number): ScratchRule {
  return (kernel) => {
    const { steps, batch, columns, width, direction } = sizes(kernel);
    const backward =
      direction === 'forward' ? [] : [steps * batch * columns * FLOAT_BYTES, steps * batch * width * FLOAT_BYTES];
    const each = steps * batch * count * width * FLOAT_BYTES;
    return [...(direction === 'bidirectional' ? [each, each] : [each]), ...backward];
  };
}

/** Directions run one after the other here. */
const plain: ScratchRule = (kernel) => {
  const { steps, batch, width } = sizes(kernel);
  return [steps * batch * width * FLOAT_BYTES];
};

function sizes(kernel: Kernel) {
  const [steps = 0, batch = 0, columns = 0] = kernel.input(0).dims;
  const width = kernel.input(2).dims[2] ?? 0;
  return { steps, batch, columns, width, direction: kernel.text('direction', 'forward') };
}

export const recurrent: ScratchTable = {
  LSTM: gates(4),
  'com.microsoft:DynamicQuantizeLSTM': gates(4),
  GRU: gates(3),
  RNN: plain,
};
