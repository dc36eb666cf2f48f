import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../../../schemas/case.ts';
import type { HeldIndex } from '../../container/held/held-index.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Config } from '../../nouns/config.ts';
import type { ImageVerdict, VerdictFailure } from '../../nouns/verdict.ts';
import type { ToleranceOf } from '../../verify/compare-answers.ts';
import { responsibleFor } from '../../verify/responsible.ts';
import type { Tensors } from '../../verify/rows.ts';
import { settleTolerance } from '../../verify/tolerance.ts';
import type { ServerExit } from '../running-server.ts';
import type { Workbench } from '../workbench.ts';
import { type Attributed, attributeProblem } from './attribute-problem.ts';
import { awaitStart } from './await-start.ts';
import { type Questioning, skipped } from './checks/questioning.ts';
import { replayCases } from './checks/replay-cases.ts';
import { replayOnProcessors } from './checks/replay-on-processors.ts';
import { replayAgain, replayBatches, replayBinary, replayConcurrently, replayGrpc } from './checks/replay-otherwise.ts';
import { tryMadeUp } from './checks/try-made-up.ts';
import { choosePlace, type EngineWish } from './choose-place.ts';
import { type Client, openClient } from './client.ts';
import { composeVerdict } from './compose-verdict.ts';
import { type ImageUnderTest, imageUnderTest } from './image-under-test.ts';
import { loadFailures, metricFailures, metricProblems } from './judge-figures.ts';
import { loadQuestions, type Questions } from './load-questions.ts';
import { figureChecks, loadRequests, measureAll } from './measure-figures.ts';
import { measureLoad } from './measure-load.ts';
import type { Place } from './place.ts';
import type { CheckResult, Problem } from './problem.ts';
import { openReference } from './reference.ts';
import { writeFailures } from './write-failures.ts';

export interface VerifySubject {
  readonly config: Config;
  /** What paths of the configuration are relative to. */
  readonly folder: string;
  readonly casesPath: string | undefined;
  /** The ONNX file that the image was made from, where it is at hand. */
  readonly modelPath: string | undefined;
}

export interface VerifyOptions extends VerifySubject {
  readonly engine: EngineWish;
  /** The verdict of the model that is released, to hold metrics against. */
  readonly released: ImageVerdict | undefined;
  /** Where the files go that reproduce failures. */
  readonly failuresFolder: string;
}

/** Starts an image, asks it everything, and says whose each failure is. Throws a Failure where there is nothing to be judged. */
export async function verifyImage(index: HeldIndex, options: VerifyOptions, bench: Workbench): Promise<ImageVerdict> {
  const folder = bench.cache.scratch();
  await mkdir(folder);
  try {
    const image = await imageUnderTest(index, { cpu: bench.machine.cpu, folder, signal: bench.signal });
    const questions = await loadQuestions(image, options);
    const limitBytes = options.config.budget.memory ?? image.plan.memoryBytes;
    const step = bench.progress.step(`start ${image.name}`);
    const place = await choosePlace(image, { wish: options.engine, limitBytes, bench });
    step.done(place.facts.kind === 'container' ? 'in a container' : `as a process: ${place.facts.why}`);
    try {
      return await judge({ image, questions, place, options, bench });
    } finally {
      await place.remove();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Judging {
  readonly image: ImageUnderTest;
  readonly questions: Questions;
  readonly place: Place;
  readonly options: VerifyOptions;
  readonly bench: Workbench;
}

async function judge(judging: Judging): Promise<ImageVerdict> {
  const { image, questions, place, options, bench } = judging;
  const { config } = options;
  const facts = { image, config, cases: questions.cases, place: place.facts };
  const unstarted = await awaitStart(place, { image, owners: config.owners, bench });
  const started: Omit<CheckResult, 'problems'> = {
    name: 'start',
    count: 1,
    note: place.facts.limitBytes === null ? 'without a limit' : `under ${formatByteSize(place.facts.limitBytes)}`,
  };
  if (unstarted) return composeVerdict({ ...facts, checks: [started], failures: [unstarted], metrics: [], load: [] });

  let exit: ServerExit | undefined;
  place.exited.then(
    (ended) => {
      exit = ended;
    },
    () => {
      exit = { code: null, outOfMemory: false };
    },
  );
  const client = openClient(place.addresses(), { model: image.plan.name, timeoutMs: config.verify.timeoutMs });
  const reference = openReference(image, { modelPath: options.modelPath, bench });
  try {
    const questioning = questioningOf(judging, { client, isGone: () => exit !== undefined });
    const results = await runChecks(questioning, judging);
    const problems = results.flatMap((result) => chosen(result.problems));
    await noticeExit(problems, place);
    const labelled = await measureAll(questions.labelled, { questioning, released: options.released, bench });
    const attributed: Attributed[] = [];
    const attributing = { image, reference, owners: config.owners, exit: () => exit, log: place.log };
    const unmeasured = metricProblems(labelled);
    await noticeExit(unmeasured, place);
    for (const problem of [...problems, ...unmeasured]) attributed.push(await attributeProblem(problem, attributing));
    const request = loadRequests(questioning);
    const load =
      exit === undefined && request
        ? await measureLoad(config.budget, { client, requestOf: request, signal: bench.signal })
        : [];
    attributed.push(...metricFailures(labelled, config.owners));
    if (request) attributed.push(...loadFailures(load, { owners: config.owners, request: request(1, 0) }));
    const failures = await writeFailures(attributed, { folder: options.failuresFolder, model: image.plan.name });
    const metrics = labelled.flatMap((outcome) =>
      outcome.state === 'measured' ? outcome.measured.map(({ metric }) => metric) : [],
    );
    return composeVerdict({
      ...facts,
      checks: [
        started,
        ...results,
        ...figureChecks({
          budget: config.budget,
          tables: questions.labelled.length,
          metrics,
          labelled: labelled.length,
          load,
        }),
      ],
      failures: [...failures, ...otherLayers(judging, failures)],
      metrics,
      load: [...load],
    });
  } finally {
    client.close();
    await reference.close();
  }
}

function questioningOf(
  { image, questions, options, bench }: Judging,
  { client, isGone }: { readonly client: Client; readonly isGone: () => boolean },
): Questioning {
  const { tolerances } = options.config.verify;
  const toleranceOf =
    (one: Case): ToleranceOf =>
    (output) =>
      settleTolerance(output, { configured: tolerances[output.name], fromCase: one.tolerance }).tolerance;
  return {
    client,
    plan: image.plan,
    cases: questions.cases,
    toleranceOf,
    own: new Map<string, Tensors>(),
    timeoutMs: options.config.verify.timeoutMs,
    isGone,
    signal: bench.signal,
  };
}

type Check = (questioning: Questioning) => Promise<CheckResult>;

const REPLAYS: readonly Check[] = [
  replayCases,
  replayBinary,
  replayGrpc,
  replayAgain,
  replayBatches,
  replayConcurrently,
];

async function runChecks(
  questioning: Questioning,
  { image, place, options, bench }: Judging,
): Promise<readonly CheckResult[]> {
  const { generated, processors } = options.config.verify;
  const checks = [
    ...REPLAYS,
    ...(generated ? [tryMadeUp] : []),
    ...(processors ? [(asked: Questioning) => replayOnProcessors(asked, { image, place, bench })] : []),
  ];
  const results: CheckResult[] = [];
  for (const check of checks) {
    bench.signal?.throwIfAborted();
    const result = await check(questioning);
    const { name, note, problems } = result;
    if (questioning.isGone() && problems.length === 0) {
      results.push(skipped(name, 'the server was gone'));
      continue;
    }
    bench.progress.note(`${name}  ${howItWent(result)}; ${note}`);
    results.push(result);
  }
  return results;
}

function howItWent({ count, problems, skipped: why }: CheckResult): string {
  if (why !== undefined) return 'skipped';
  return problems.length === 0 ? `${count} ok` : `${problems.length} of ${count} failed`;
}

/** An engine takes a moment to tell that a container has ended. */
const NOTICE_MS = 2_000;

async function noticeExit(problems: readonly Problem[], { exited }: Place): Promise<void> {
  if (problems.some(({ answer }) => answer.state === 'lost')) await Promise.race([exited, pause(NOTICE_MS)]);
}

/** Of what is alike a few are looked into; the rest would say the same. */
const EACH_KIND = 2;

function chosen(problems: readonly Problem[]): readonly Problem[] {
  const kinds = new Map<string, Problem[]>();
  for (const problem of problems) {
    const key = `${problem.check} ${problem.what} ${problem.output} ${problem.answer.state}`;
    kinds.set(key, [...(kinds.get(key) ?? []), problem]);
  }
  return [...kinds.values()].flatMap((alike) =>
    alike
      .slice(0, EACH_KIND)
      .map((problem, at) =>
        at === 0 && alike.length > EACH_KIND
          ? { ...problem, message: `${problem.message}, and ${alike.length - EACH_KIND} more like it` }
          : problem,
      ),
  );
}

/** An image that answers right, and is still not what its lock says. */
function otherLayers(
  { image, options, place }: Judging,
  failures: readonly VerdictFailure[],
): readonly VerdictFailure[] {
  const { changedLayers } = image;
  if (changedLayers.length === 0 || failures.some(({ cause }) => cause === 'image' || cause === 'runtime')) return [];
  const told = {
    owner: 'system',
    cause: changedLayers.includes('onnxruntime') ? 'runtime' : 'image',
    missing: null,
    mend: 'Package it again from its lock, or find out with plimsoll rebuild what was changed.',
  } as const;
  return [
    {
      check: 'start',
      what: 'other-layers',
      ...told,
      responsible: responsibleFor(told, options.config.owners),
      case: null,
      output: null,
      message: `layers of the image are not what its lock names: ${changedLayers.join(', ')}`,
      evidence: [...place.log()].slice(0, 1),
      smallest: null,
    },
  ];
}
