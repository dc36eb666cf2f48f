import type { CaseTensor } from '../../../schemas/case.ts';
import type { Plan } from '../../../schemas/plan.ts';
import type { ProbeFailure } from '../../validate/memory-rules/probe-failed.ts';
import type { RunningServer, ServerExit } from '../running-server.ts';
import { caseBody, INTEGERS, type ProbeBody, type ProbeSize, probeBody } from './probe-bodies.ts';

/** The kernel's account of the server's memory. */
export interface Meter {
  /** The most that was charged beside pages of files, which can be taken back. */
  readonly unreclaimablePeakBytes: number;
  readonly fileBytes: number;
  readonly kills: number;
  /** Whether its peak is the kernel's own, and none was missed. */
  readonly keepsPeak: boolean;
  /** Settles when all processors' shares are counted. */
  gathered(): Promise<void>;
  countAnew(): boolean;
}

export interface Measured {
  readonly state: 'measured';
  readonly createPeakBytes: number;
  /** `null` where the kernel cannot count anew: then the other number is that of all. */
  readonly runPeakBytes: number | null;
  readonly fileBytes: number;
  /** How many requests came before the last one, its own not counted. */
  readonly requests: number;
  /** How they came; `none` where only the server's own warm-up run was measured. */
  readonly transport: ProbeBody['transport'] | 'none';
  /** Whether the largest shapes were sent, or what a case has. */
  readonly fed: 'bounds' | 'case' | 'warm-up';
}

export interface FailedProbe {
  readonly state: 'failed';
  readonly how: ProbeFailure['how'];
  readonly why: string;
}

export interface DriveOptions {
  readonly plan: Plan;
  readonly example: readonly CaseTensor[] | undefined;
  readonly meter: Meter;
  /** Settles when the server says that it is ready. */
  readonly ready: Promise<unknown>;
  /** Raised when the time is over, or the user interrupts. */
  readonly signal: AbortSignal;
}

/** The first run of a shape makes its buffers one by one, later ones a block; a larger one after a smaller one is another case again. */
const ROUNDS: readonly ProbeSize[] = ['largest', 'largest', 'largest', 'smallest', 'largest'];

/** Starts counting when the server starts, and runs it at its largest and smallest shapes. Never rejects but by the signal's user. */
export async function driveProbe(server: RunningServer, options: DriveOptions): Promise<Measured | FailedProbe> {
  const { meter, ready, signal } = options;
  const late = new Promise<'late'>((resolve) => {
    if (signal.aborted) resolve('late');
    signal.addEventListener('abort', () => resolve('late'), { once: true });
  });
  const started = await Promise.race([ready, server.exited, late]);
  if (started === 'late') return failed('stalled', 'it was not ready in time');
  if (isExit(started)) return ended(started, meter);
  await meter.gathered();
  const createPeakBytes = meter.unreclaimablePeakBytes;
  const countsAnew = meter.countAnew();
  const asked = await Promise.race([askAll(server, options), server.exited, late]);
  if (asked === 'late') return failed('stalled', 'its answers did not come in time');
  if (isExit(asked)) return ended(asked, meter);
  if (asked.state === 'failed') return meter.kills > 0 ? killed() : asked;
  await meter.gathered();
  return {
    ...asked,
    state: 'measured',
    createPeakBytes,
    runPeakBytes: countsAnew ? meter.unreclaimablePeakBytes : null,
    fileBytes: meter.fileBytes,
    ...(!countsAnew && { createPeakBytes: meter.unreclaimablePeakBytes }),
  };
}

type Asked = Pick<Measured, 'requests' | 'transport' | 'fed'> & { readonly state: 'asked' };

async function askAll(server: RunningServer, options: DriveOptions): Promise<Asked | FailedProbe> {
  const { plan, example, signal } = options;
  const send = (body: ProbeBody) => ask(server, { plan, body, signal });
  const refusals: string[] = [];
  for (const integers of INTEGERS) {
    const bodies = new Map(ROUNDS.map((size) => [size, probeBody(plan, { size, integers })]));
    const largest = bodies.get('largest');
    if (!largest) return { state: 'asked', requests: 0, transport: 'none', fed: 'warm-up' };
    const first = await send(largest);
    if (first.status === 200) {
      bodies.set('smallest', await smallestThatIsTaken(bodies.get('smallest'), { plan, integers, send }));
      return askRounds(bodies, { send, transport: largest.transport });
    }
    if (first.status !== 400) return turnedAway(first);
    refusals.push(first.text);
  }
  if (example === undefined) return failed('refused', `it refuses made-up inputs: ${refusals[0]}`);
  return askRounds(new Map(ROUNDS.map((size) => [size, caseBody(example)])), { send, transport: 'json', fed: 'case' });
}

/** The server keeps to its limit by turning requests away: then the limit is too low for what it should take. */
function turnedAway({ status, text }: Answer): FailedProbe {
  return failed('overloaded', `a request at the bounds is answered with ${status}: ${text}`);
}

interface Rounds {
  readonly send: (body: ProbeBody) => Promise<Answer>;
  readonly transport: ProbeBody['transport'];
  readonly fed?: 'case';
}

async function askRounds(
  bodies: ReadonlyMap<ProbeSize, ProbeBody | null>,
  { send, transport, fed }: Rounds,
): Promise<Asked | FailedProbe> {
  let requests = 0;
  for (const size of ROUNDS) {
    const body = bodies.get(size);
    if (!body) continue;
    const { status, text } = await send(body);
    if (status !== 200) return turnedAway({ status, text });
    requests += 1;
  }
  return { state: 'asked', requests, transport, fed: fed ?? 'bounds' };
}

/** Networks with windows refuse images of one pixel; then one row of the largest shape is the smallest. */
async function smallestThatIsTaken(
  smallest: ProbeBody | null | undefined,
  {
    plan,
    integers,
    send,
  }: Pick<Rounds, 'send'> & { readonly plan: Plan; readonly integers: (typeof INTEGERS)[number] },
): Promise<ProbeBody | null> {
  for (const body of [smallest, probeBody(plan, { size: 'one-row', integers })]) {
    if (body && (await send(body)).status === 200) return body;
  }
  return null;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Longest piece of an answer that says why it is a refusal. */
const LONGEST_REFUSAL = 300;

async function ask(
  server: RunningServer,
  { plan, body, signal }: { readonly plan: Plan; readonly body: ProbeBody; readonly signal: AbortSignal },
): Promise<Answer> {
  const address = `http://127.0.0.1:${server.port()}/v2/models/${plan.name}/infer`;
  try {
    const response = await fetch(address, { method: 'POST', headers: body.headers, body: body.bytes, signal });
    const answer = Buffer.from(await response.arrayBuffer());
    return { status: response.status, text: response.ok ? '' : answer.toString('utf8', 0, LONGEST_REFUSAL) };
  } catch (error) {
    return { status: 0, text: error instanceof Error ? String(error.cause ?? error.message) : String(error) };
  }
}

function isExit(value: unknown): value is ServerExit {
  return typeof value === 'object' && value !== null && 'outOfMemory' in value;
}

function ended({ code, outOfMemory }: ServerExit, meter: Meter): FailedProbe {
  if (outOfMemory || killsOf(meter) > 0) return killed();
  return failed('ended', `it ended by itself with exit code ${code}`);
}

/** The group may be gone with its last process. */
function killsOf(meter: Meter): number {
  try {
    return meter.kills;
  } catch {
    return 0;
  }
}

function killed(): FailedProbe {
  return failed('killed', 'it was killed for memory');
}

function failed(how: FailedProbe['how'], why: string): FailedProbe {
  return { state: 'failed', how, why };
}
