import { Failure } from '../../../nouns/failure.ts';
import { compareAnswers, type Deviation } from '../../../verify/compare-answers.ts';
import { rowsOf, type Tensors, takeRows } from '../../../verify/rows.ts';
import type { Workbench } from '../../workbench.ts';
import { type Client, openClient } from '../client.ts';
import { type ImageUnderTest, imagesElsewhere } from '../image-under-test.ts';
import type { Place } from '../place.ts';
import type { CheckResult, Problem } from '../problem.ts';
import { answeredCases, noAnswer, type Questioning, skipped } from './questioning.ts';

const CHECK = 'processors';
/** An emulator takes many times as long: fewer cases, and more time for each. */
const MOST_EMULATED = 32;
const LEAST_TIMEOUT_MS = 60_000;

interface Surroundings {
  readonly image: ImageUnderTest;
  readonly place: Place;
  readonly bench: Workbench;
}

/** The same cases to the images for other processors, where the engine can run them: the same answers, within the cases' tolerances. */
export async function replayOnProcessors(
  questioning: Questioning,
  { image, place, bench }: Surroundings,
): Promise<CheckResult> {
  const others = imagesElsewhere(image);
  if (others.length === 0) return skipped(CHECK, `the image is for ${image.platform} alone`);
  if (place.startBeside === undefined) return skipped(CHECK, `it takes an engine to run ${platformsOf(others)} too`);
  if (answeredCases(questioning).length === 0) return skipped(CHECK, 'no case was answered');
  const seen: Seen[] = [];
  for (const other of others) {
    const step = bench.progress.step(`compare ${other.platform}`);
    seen.push(await compareWith(other, { questioning, image, start: place.startBeside }));
    step.done(seen.at(-1)?.note);
  }
  const note = seen.map((one) => one.note).join('; ');
  const count = seen.reduce((sum, one) => sum + one.count, 0);
  if (count === 0) return skipped(CHECK, note);
  return { name: CHECK, count, note, problems: seen.flatMap(({ problems }) => problems) };
}

function platformsOf(images: readonly ImageUnderTest[]): string {
  return images.map(({ platform }) => platform).join(' and ');
}

interface Seen {
  readonly count: number;
  readonly note: string;
  readonly problems: readonly Problem[];
}

interface Comparing {
  readonly questioning: Questioning;
  readonly image: ImageUnderTest;
  readonly start: NonNullable<Place['startBeside']>;
}

async function compareWith(other: ImageUnderTest, { questioning, image, start }: Comparing): Promise<Seen> {
  const absent = (why: string): Seen => ({
    count: 0,
    note: `${other.platform} was not compared: ${why}`,
    problems: [],
  });
  let place: Place;
  try {
    place = await start(other);
  } catch (error) {
    if (error instanceof Failure) return absent(error.message);
    throw error;
  }
  try {
    const started = await place.start;
    if (started !== 'ready') return absent(whyNotStarted(started, place.log()));
    const timeoutMs = Math.max(questioning.timeoutMs, LEAST_TIMEOUT_MS);
    const client = openClient(place.addresses(), { model: image.plan.name, timeoutMs });
    try {
      return await compareCases(client, { questioning, pair: `${other.platform}, emulated, and ${image.platform}` });
    } finally {
      client.close();
    }
  } finally {
    await place.remove();
  }
}

function whyNotStarted(started: Awaited<Place['start']>, log: readonly string[]): string {
  if (log.some((line) => /exec format error/i.test(line))) return 'the engine has no emulator for it';
  if (started === 'late') return 'it was not ready in time';
  return `it did not start (${log.at(-1) ?? 'without a word'})`;
}

async function compareCases(
  client: Client,
  { questioning, pair }: { readonly questioning: Questioning; readonly pair: string },
): Promise<Seen> {
  const problems: Problem[] = [];
  let count = 0;
  for (const { one, answer: wanted } of answeredCases(questioning).slice(0, MOST_EMULATED)) {
    questioning.signal?.throwIfAborted();
    count += 1;
    const sighting = { check: CHECK, caseName: one.name, request: one.inputs, way: 'json' as const };
    const answer = await client.ask(one.inputs, 'json');
    if (answer.state !== 'answered') {
      problems.push({ ...noAnswer(sighting, answer, { wanted }), what: 'silent-on-processor' });
      // What emulates it may be at fault, and takes its time to fail.
      break;
    }
    const deviates = (right: Tensors, found: Tensors) => compareAnswers(right, found, questioning.toleranceOf(one));
    const [deviation] = deviates(wanted, answer.outputs);
    if (deviation === undefined) continue;
    const row = await wrongAlone({ request: one.inputs, wanted, deviation }, { client, deviates });
    problems.push({
      ...noAnswer(sighting, answer, { wanted }),
      what: 'differs-between-processors',
      output: deviation.output,
      message: `${one.name}: ${pair} differ: ${deviation.message}`,
      ...(row !== undefined && { request: takeRows(one.inputs, [row]), rows: [row] }),
    });
  }
  return { count, note: `${pair} compared`, problems };
}

/** The first row that differs, where it does so by itself: the other server is gone when failures are made smaller. */
async function wrongAlone(
  {
    request,
    wanted,
    deviation,
  }: { readonly request: Tensors; readonly wanted: Tensors; readonly deviation: Deviation },
  {
    client,
    deviates,
  }: { readonly client: Client; readonly deviates: (wanted: Tensors, found: Tensors) => readonly Deviation[] },
): Promise<number | undefined> {
  const [row] = deviation.rows;
  if (row === undefined || rowsOf(request) === null || rowsOf(request) !== rowsOf(wanted)) return undefined;
  const alone = await client.ask(takeRows(request, [row]), 'json');
  const isWrong = alone.state === 'answered' && deviates(takeRows(wanted, [row]), alone.outputs).length > 0;
  return isWrong ? row : undefined;
}
