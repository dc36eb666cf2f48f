import type { Kernel } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

/** What one step of a batch holds for each direction, as often as it has numbers for each row: states, and biases for all rows. */
type StepRule = (kernel: Kernel) => number;

/** The gates of all steps at once, for each direction, and its states; a backward one also reverses its input and output. */
function gates(count: number, statesOf: StepRule, widthAxis = 2): ScratchRule {
  return (kernel) => {
    const { steps, batch, columns, width, direction } = sizes(kernel, widthAxis);
    const backward =
      direction === 'forward' ? [] : [steps * batch * columns * FLOAT_BYTES, steps * batch * width * FLOAT_BYTES];
    const each = steps * batch * count * width * FLOAT_BYTES;
    const states = new Array<number>(statesOf(kernel)).fill(batch * width * FLOAT_BYTES);
    const forward = [each, ...states];
    return [...forward, ...(direction === 'bidirectional' ? forward : []), ...backward];
  };
}

const BIAS = 3;

const longStates: StepRule = (kernel) => (kernel.has(BIAS) ? 4 : 3);

const gatedStates: StepRule = (kernel) => {
  const isLinear = kernel.int('linear_before_reset', 0) === 1;
  return (isLinear ? 3 : 2) + (kernel.has(BIAS) ? (isLinear ? 4 : 3) : 0);
};

/** Weights lie turned here; beside the rest stands the input in 8 bits, for each direction. */
const quantized: ScratchRule = (kernel) => {
  const { steps, batch, columns, direction } = sizes(kernel);
  const input = steps * batch * columns;
  const inputs = direction === 'bidirectional' ? [input, input] : [input];
  return [...gates(4, longStates, 1)(kernel), ...inputs];
};

/**
 * For each direction: the memory, as it is attended to and as keys, how much each row attends to each place of it, what comes of that, and
 * the weights that make keys and queries, beside the gates. Measured by bench/kernel-scratch.ts.
 */
const attentive: ScratchRule = (kernel) => {
  const { batch, width, direction } = sizes(kernel);
  const [, places = 0, depth = 0] = kernel.input(MEMORY).dims;
  const columns = kernel.input(QUERY_WEIGHT).dims[2] ?? 0;
  const keys = batch * places * columns;
  const rows = batch * (ATTENTIVE_STATES * width + depth + 2 * columns + 2 * places);
  const weights = (width + depth) * columns;
  const ofOne = 2 * places * (columns + depth);
  const each = [batch * places * depth, keys, rows, weights, ofOne].map((numbers) => numbers * FLOAT_BYTES);
  return [...gates(4, () => 0)(kernel), ...each, ...(direction === 'bidirectional' ? each : [])];
};

const QUERY_WEIGHT = 8;
const MEMORY = 11;
const ATTENTIVE_STATES = 4;

/** Directions run one after the other here. */
const plain: ScratchRule = (kernel) => {
  const { steps, batch, width } = sizes(kernel);
  return [steps * batch * width * FLOAT_BYTES];
};

function sizes(kernel: Kernel, widthAxis = 2) {
  const [steps = 0, batch = 0, columns = 0] = kernel.input(0).dims;
  const width = kernel.input(2).dims[widthAxis] ?? 0;
  return { steps, batch, columns, width, direction: kernel.text('direction', 'forward') };
}

export const recurrent: ScratchTable = {
  LSTM: gates(4, longStates),
  'com.microsoft:DynamicQuantizeLSTM': quantized,
  'com.microsoft:AttnLSTM': attentive,
  GRU: gates(3, gatedStates),
  RNN: plain,
};
