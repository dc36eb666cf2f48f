import type { CaseTensor, Datatype } from '../../schemas/case.ts';
import type { Plan, TensorSignature } from '../../schemas/plan.ts';
import { shellWord } from '../nouns/shell-word.ts';
import { isSendable } from './read-example.ts';

/**
 * A command for a POSIX shell that asks the server at `address` something which the model takes: the first case where it is short,
 * else made up from the signature; large inputs are written by Node, which is there wherever this runs.
 */
export function exampleCommand(plan: Plan, { address, firstCase }: ExampleFacts): string {
  const head = `curl -s ${address}/v2/models/${plan.name}/infer -H 'content-type: application/json' -d`;
  const cased = firstCase && isSendable(firstCase) && JSON.stringify({ inputs: firstCase });
  if (cased && cased.length <= LONGEST_REQUEST) return `${head} ${shellWord(cased)}`;
  const inputs = plan.model.inputs.filter((input) => !plan.model.optionalInputs.includes(input.name)).map(madeUp);
  if (inputs.every(({ count }) => count <= LONGEST_REQUEST)) {
    const written = JSON.stringify({
      inputs: inputs.map(({ count, value, ...rest }) => ({ ...rest, data: Array<unknown>(count).fill(value) })),
    });
    if (written.length <= LONGEST_REQUEST) return `${head} ${shellWord(written)}`;
  }
  return `node -p ${shellWord(programFor(inputs))} | ${head} @-`;
}

export interface ExampleFacts {
  /** Without a final slash. */
  readonly address: string;
  readonly firstCase: readonly CaseTensor[] | undefined;
}

/** What still reads well on a command line. */
const LONGEST_REQUEST = 400;

const DATATYPES: Readonly<
  Record<TensorSignature['elementType'], { datatype: Datatype; value: CaseTensor['data'][number] }>
> = {
  float: { datatype: 'FP32', value: 0.5 },
  double: { datatype: 'FP64', value: 0.5 },
  float16: { datatype: 'FP16', value: 0.5 },
  int8: { datatype: 'INT8', value: 1 },
  uint8: { datatype: 'UINT8', value: 1 },
  int16: { datatype: 'INT16', value: 1 },
  uint16: { datatype: 'UINT16', value: 1 },
  int32: { datatype: 'INT32', value: 1 },
  uint32: { datatype: 'UINT32', value: 1 },
  int64: { datatype: 'INT64', value: 1 },
  uint64: { datatype: 'UINT64', value: 1 },
  bool: { datatype: 'BOOL', value: true },
  string: { datatype: 'BYTES', value: 'example' },
};

interface MadeUp {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly count: number;
  readonly value: CaseTensor['data'][number];
}

function madeUp({ name, elementType, shape }: TensorSignature): MadeUp {
  // What is open, or nonsense (some exporters write -1), is taken as one.
  const sizes = (shape ?? [1]).map((size) => (typeof size === 'number' && size >= 0 ? size : 1));
  return { name, ...DATATYPES[elementType], shape: sizes, count: sizes.reduce((product, size) => product * size, 1) };
}

/** JavaScript whose value is the request's text. */
function programFor(inputs: readonly MadeUp[]): string {
  const written = inputs.map(({ count, value, ...rest }) => {
    return `{...${JSON.stringify(rest)},data:Array(${count}).fill(${JSON.stringify(value)})}`;
  });
  return `JSON.stringify({inputs:[${written.join(',')}]})`;
}
