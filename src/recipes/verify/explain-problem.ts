import type { Owners } from '../../nouns/verify-settings.ts';
import { answerText } from '../../verify/answer.ts';
import { compareToItself } from '../../verify/compare-answers.ts';
import { type Tensors, takeRows } from '../../verify/rows.ts';
import { type OutsideOutcome, type Told, tellNumericCause } from '../../verify/tell-cause.ts';
import type { ServerExit } from '../running-server.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import type { Problem } from './problem.ts';
import type { Form, OutsideAnswer, Reference } from './reference.ts';

export interface Attributing {
  readonly image: ImageUnderTest;
  readonly reference: Reference;
  readonly owners: Owners;
  /** How the server ended, where it has. */
  readonly exit: () => ServerExit | undefined;
  readonly log: () => readonly string[];
}

export interface ExplainFacts {
  readonly problem: Problem;
  /** The smallest request that shows it. */
  readonly shown: { readonly request: Tensors; readonly rows: readonly number[] | null; readonly requests: number };
  readonly context: Attributing;
}

export interface Explained {
  readonly what?: string;
  readonly told: Told;
  readonly evidence: string[];
}

/** Says whose a problem is: reproduces it outside the image where that tells. */
export function explainProblem(facts: ExplainFacts): Promise<Explained> {
  return EXPLAIN[facts.problem.what](facts);
}

const EXPLAIN: Readonly<Record<Problem['what'], (facts: ExplainFacts) => Promise<Explained>>> = {
  'no-answer': explainSilence,
  'wrong-answer': explainWrong,
  'differs-from-itself': explainDifference,
  'odd-shape': explainShape,
  'differs-between-processors': async () => ({ told: system('runtime', OTHER_PROCESSOR), evidence: [] }),
  'silent-on-processor': async ({ problem }) => ({
    told: {
      owner: 'inconclusive',
      cause: 'machine',
      missing: 'a machine with that processor: what emulates it may be at fault',
      mend: 'Verify the image on such a machine, or leave the comparison out with verify.processors: false.',
    },
    evidence: [answerText(problem.answer)],
  }),
};

const OTHER_PROCESSOR =
  'Kernels for processors round in their own ways: give the output the tolerance that it needs, or ship for one platform; if it is more than rounding, package the image again.';

function system(cause: Told['cause'], mend: string): Told {
  return { owner: 'system', cause, mend, missing: null };
}

async function explainSilence({ problem, shown, context }: ExplainFacts): Promise<Explained> {
  const { answer } = problem;
  const exit = context.exit();
  if (exit) return { ...endedBy(exit), evidence: [...context.log()] };
  if (answer.state === 'refused') return explainRefusal({ problem, shown, context });
  if (answer.state === 'turned-away')
    return { what: 'turned-away', told: system('limit', TURNED_AWAY), evidence: [answerText(answer)] };
  if (answer.state === 'lost' && answer.why === 'timeout')
    return { what: 'timed-out', told: system('server', TIMED_OUT), evidence: [...context.log()] };
  return {
    what: 'server-error',
    told: system('server', SERVER_ERROR),
    evidence: [answerText(answer), ...context.log()],
  };
}

const TURNED_AWAY =
  'The server has no room for it under its limit: raise budget.memory to what plimsoll lint recommends, or lower the bounds.';
const TIMED_OUT = 'See the server’s log, give it more processors, or allow more time with verify.timeoutMs.';
const SERVER_ERROR = 'The server’s own log says more; package the image again, and report it if it stays.';

/** What the end of a server says by itself. */
export function endedBy({ code, outOfMemory }: ServerExit): { readonly what: string; readonly told: Told } {
  if (outOfMemory || code === 137)
    return {
      what: 'out-of-memory',
      told: system(
        'limit',
        'It took more than its limit: raise budget.memory to what plimsoll lint recommends, or lower the bounds.',
      ),
    };
  return {
    what: 'crashed',
    told: system('server', 'Its log says more. Package it again from its lock, and report it if it stays.'),
  };
}

/** A case that the server refuses is the model’s own fault where the runtime refuses it too. */
async function explainRefusal({ problem, shown, context }: ExplainFacts): Promise<Explained> {
  const outside = await context.reference.ask('shipped', shown.request);
  const evidence = [answerText(problem.answer), outsideText('shipped', outside, context)];
  if (outside.state === 'answered')
    return {
      what: 'refused',
      told: system(
        'server',
        'The locked runtime takes it outside the image, and the server does not: check the case’s names, types and shapes against the signature.',
      ),
      evidence,
    };
  if (outside.state === 'refused')
    return {
      what: 'refused',
      told: {
        owner: 'numeric',
        cause: 'model',
        missing: null,
        mend: 'The model refuses this input wherever it runs: mend the case, or the model.',
      },
      evidence,
    };
  return { what: 'refused', told: inconclusive(outside.why), evidence };
}

function inconclusive(why: string): Told {
  return {
    owner: 'inconclusive',
    cause: null,
    mend: 'Make what was missing available, and verify again.',
    missing: `the locked runtime outside the image: ${why}`,
  };
}

/** Times that an image is asked the same again, before it counts as wrong by itself. */
const ASKED_AGAIN = 3;

async function explainWrong({ problem, shown, context }: ExplainFacts): Promise<Explained> {
  const { reference, image } = context;
  const wavers = await howItWavers(problem, context);
  if (wavers !== null)
    return {
      what: 'differs-from-itself',
      told: system(
        'server',
        'The same request is answered otherwise at another time: the server’s answers depend on what it was asked before. Package the image again, and report it if it stays.',
      ),
      evidence: [`asked again, it was ${wavers}`],
    };
  const evidence: string[] = [];
  const outcomes: Record<Form, OutsideOutcome> = { shipped: 'unavailable', given: 'unavailable' };
  let why: string | null = null;
  for (const form of ['shipped', 'given'] as const) {
    const outside = await reference.ask(form, shown.request);
    outcomes[form] =
      outside.state === 'answered'
        ? problem.isRight?.(outside.outputs, shown.rows)
          ? 'right'
          : 'wrong'
        : outside.state;
    evidence.push(`${outsideText(form, outside, context)}${outside.state === 'answered' ? `: ${outcomes[form]}` : ''}`);
    if (outside.state === 'unavailable' && form === 'shipped') why = outside.why;
    if (form === 'shipped' && outcomes.shipped === 'right') break;
  }
  if (image.changedLayers.length > 0)
    evidence.push(`layers that are not what the lock names: ${image.changedLayers.join(', ')}`);
  return {
    told: tellNumericCause({
      ...outcomes,
      isOtherForm: problem.rows.length === 0,
      rows: shown.rows?.length ?? null,
      changedLayers: image.changedLayers,
      why,
    }),
    evidence,
  };
}

/** How an answer that was wrong comes out when the same is asked again: `null` where it is wrong as before, or the model itself wavers. */
async function howItWavers(
  { answer: first, askAgain, isRight, request }: Problem,
  { exit, reference }: Attributing,
): Promise<'right' | 'wrong in another way' | null> {
  let isOther = false;
  for (let asked = 0; askAgain && asked < ASKED_AGAIN && exit() === undefined; asked++) {
    const answer = await askAgain();
    if (answer.state !== 'answered' || first.state !== 'answered') continue;
    if (isRight?.(answer.outputs, null)) return 'right';
    isOther ||= compareToItself(first.outputs, answer.outputs).length > 0;
  }
  return isOther && (await differsTwice(request, reference)) === false ? 'wrong in another way' : null;
}

async function explainDifference({ problem, shown, context }: ExplainFacts): Promise<Explained> {
  const outside = await isModelDiffering(problem, context.reference);
  const evidence = [
    outside === null
      ? 'the locked runtime outside the image could not be asked'
      : `the locked runtime outside the image ${outside ? 'differs from itself too' : 'answers the same'}`,
  ];
  if (outside === true)
    return {
      told: {
        owner: 'numeric',
        cause: 'model',
        missing: null,
        mend: 'The model itself does not answer the same: it draws random numbers, or mixes its rows. Look for such operators with plimsoll lint.',
      },
      evidence,
    };
  return {
    told: system(
      'server',
      `The same request is answered otherwise ${WHEN[problem.check] ?? 'at another time'}. Package the image again, and report it if it stays.`,
    ),
    evidence: [...evidence, ...(shown.requests > 1 ? [`it shows with ${shown.requests} requests at a time`] : [])],
  };
}

const WHEN: Readonly<Record<string, string>> = {
  binary: 'in binary form than in JSON',
  grpc: 'over gRPC than over REST',
  batches: 'in a batch than by itself',
  concurrent: 'beside others than by itself',
};

/** Whether the runtime outside shows the same; `null` where it cannot be asked. */
async function isModelDiffering({ outside, request }: Problem, reference: Reference): Promise<boolean | null> {
  if (outside === null) return null;
  const ask = (tensors: Tensors) => outputsOf(tensors, reference);
  if (outside === 'twice') return differsTwice(request, reference);
  const [together, alone] = [await ask(outside.batch), await ask(takeRows(outside.batch, [outside.row]))];
  return together && alone && compareToItself(takeRows(together, [outside.row]), alone).length > 0;
}

/** Whether the locked runtime answers the same request twice in two ways; `null` where it cannot be asked. */
async function differsTwice(request: Tensors, reference: Reference): Promise<boolean | null> {
  const [first, second] = [await outputsOf(request, reference), await outputsOf(request, reference)];
  return first && second && compareToItself(first, second).length > 0;
}

async function outputsOf(request: Tensors, reference: Reference): Promise<Tensors | null> {
  const answer = await reference.ask('shipped', request);
  return answer.state === 'answered' ? answer.outputs : null;
}

async function explainShape({ problem, shown, context }: ExplainFacts): Promise<Explained> {
  const outside = await context.reference.ask('shipped', shown.request);
  const evidence = [outsideText('shipped', outside, context)];
  if (outside.state === 'unavailable') return { told: inconclusive(outside.why), evidence };
  const shapes = (tensors: Tensors) =>
    tensors
      .map(({ name, datatype, shape }) => `${name} ${datatype} ${shape}`)
      .sort()
      .join('; ');
  const found = problem.answer.state === 'answered' ? shapes(problem.answer.outputs) : '';
  const isModel = outside.state === 'answered' && shapes(outside.outputs) === found;
  if (!isModel)
    return {
      told: system('server', 'The locked runtime answers in the shapes of the signature. Package the image again.'),
      evidence,
    };
  return {
    told: {
      owner: 'numeric',
      cause: 'model',
      missing: null,
      mend: 'The model declares other shapes than it gives: correct its outputs, for instance with onnx.shape_inference.',
    },
    evidence,
  };
}

const FORMS: Readonly<Record<Form, string>> = {
  shipped: 'the model as it ships',
  given: 'the model as it was given, nothing optimised',
};

function outsideText(form: Form, outside: OutsideAnswer, { reference }: Attributing): string {
  const head = `${FORMS[form]}, in onnxruntime ${reference.onnxruntime} outside the image`;
  if (outside.state === 'answered') return head;
  return `${head}: ${outside.state === 'refused' ? `refused (${outside.why})` : outside.why}`;
}
