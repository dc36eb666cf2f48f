import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Plan } from '../../schemas/plan.ts';
import { driveProbe, type Meter } from '../../src/recipes/probe/drive-probe.ts';
import { probeBody } from '../../src/recipes/probe/probe-bodies.ts';
import { agreement, mayRunInParts, withProbe } from '../../src/recipes/probe/with-probe.ts';
import type { ServerExit } from '../../src/recipes/running-server.ts';
import { fixedMemory, probeOf } from '../support/memory-report.ts';

const MIB = 2 ** 20;

function planOf(parts: Partial<Plan> = {}): Plan {
  return {
    schema: 'plimsoll.plan/1',
    name: 'm',
    version: '1',
    model: {
      file: 'model.onnx',
      digest: 'sha256:0',
      data: [],
      optionalInputs: ['w'],
      inputs: [
        { name: 'x', elementType: 'float', shape: ['batch', 2] },
        { name: 'w', elementType: 'float', shape: [9] },
      ],
      outputs: [],
    },
    bounds: { batch: 3 },
    profile: 'lean',
    sessionOptions: {},
    environment: {},
    limits: { bodyBytes: 2 ** 20, queue: 1 },
    batching: { state: 'off', why: 'a test' },
    concurrency: 1,
    memory: null,
    memoryBytes: null,
    ...parts,
  };
}

const LARGEST = { size: 'largest', integers: 'mixed' } as const;

describe('A probe’s request', () => {
  const read = (body: ReturnType<typeof probeBody>) => JSON.parse(Buffer.from(body?.bytes ?? []).toString('utf8'));

  it('has the inputs that a client brings, at the bounds or at the least, as JSON', () => {
    const [input, ...others] = read(probeBody(planOf(), LARGEST)).inputs;
    assert.deepEqual([input.name, input.datatype, input.shape, input.data.length], ['x', 'FP32', [3, 2], 6]);
    assert.deepEqual(others, []);
    assert.deepEqual(read(probeBody(planOf(), { size: 'smallest', integers: 'mixed' })).inputs[0].shape, [1, 2]);
  });

  it('goes as bytes where JSON is longer than the server takes, and not at all where these are too', () => {
    const binary = probeBody(planOf({ limits: { bodyBytes: 170, queue: 1 } }), LARGEST);
    assert.equal(binary?.transport, 'binary');
    assert.equal(binary?.bytes.length, Number(binary?.headers['inference-header-content-length']) + 24);
    assert.equal(probeBody(planOf({ limits: { bodyBytes: 20, queue: 1 } }), LARGEST), null);
  });

  it('has texts as long as they may be', () => {
    const model = { ...planOf().model, inputs: [{ name: 'x', elementType: 'string' as const, shape: ['batch'] }] };
    const plan = planOf({ model, bounds: { batch: 3, 'x[letters]': 41 } });
    const lengths = (size: 'largest' | 'smallest') =>
      read(probeBody(plan, { size, integers: 'mixed' })).inputs[0].data.map((text: string) => text.length);
    assert.deepEqual(lengths('largest'), [41, 41, 41]);
    assert.ok(lengths('smallest').every((length: number) => length < 41));
  });

  for (const elementType of ['double', 'float16', 'int8', 'uint8', 'int64', 'bool', 'string'] as const) {
    it(`carries ${elementType} as the protocol writes it`, () => {
      const model = { ...planOf().model, inputs: [{ name: 'x', elementType, shape: ['batch', 2] }] };
      const { data } = read(probeBody(planOf({ model }), LARGEST)).inputs[0];
      assert.equal(data.length, 6);
      const wanted = elementType === 'bool' ? 'boolean' : elementType === 'string' ? 'string' : 'number';
      assert.ok(data.every((value: unknown) => typeof value === wanted));
    });
  }
});

describe('A probe', () => {
  let server: Server;
  const shapes: number[][] = [];
  let statusFor: (rows: number) => number;

  beforeEach(async () => {
    shapes.length = 0;
    statusFor = () => 200;
    server = createServer(async (request, response) => {
      const { inputs } = JSON.parse((await buffer(request)).toString('utf8'));
      shapes.push(inputs[0].shape);
      response.statusCode = statusFor(inputs[0].shape[0]);
      response.end('{"error":"no"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => server.close());

  const meterOf = (parts: Partial<Meter> = {}): Meter => ({
    unreclaimablePeakBytes: 42 * MIB,
    fileBytes: 8 * MIB,
    kills: 0,
    keepsPeak: true,
    gathered: async () => {},
    countAnew: () => true,
    ...parts,
  });
  const drive = (options: {
    meter?: Meter;
    ready?: Promise<unknown>;
    exited?: Promise<ServerExit>;
    signal?: AbortSignal;
    example?: Parameters<typeof driveProbe>[1]['example'];
  }) =>
    driveProbe(
      {
        port: () => (server.address() as AddressInfo).port,
        exited: options.exited ?? new Promise(() => {}),
        stop: async () => {},
      },
      {
        plan: planOf(),
        example: options.example,
        meter: options.meter ?? meterOf(),
        ready: options.ready ?? Promise.resolve({}),
        signal: options.signal ?? new AbortController().signal,
      },
    );

  it('runs the largest shape three times, the smallest, and the largest again, and takes file pages off the peaks', async () => {
    const measured = await drive({});
    // Two more before them find out what the model takes.
    assert.deepEqual(
      shapes.map(([rows]) => rows),
      [3, 1, 3, 3, 3, 1, 3],
    );
    assert.deepEqual(measured, {
      state: 'measured',
      createPeakBytes: 42 * MIB,
      runPeakBytes: 42 * MIB,
      fileBytes: 8 * MIB,
      requests: 5,
      transport: 'json',
      fed: 'bounds',
    });
  });

  it('has one number for all where the kernel cannot count anew', async () => {
    const measured = await drive({ meter: meterOf({ countAnew: () => false }) });
    assert.ok(measured.state === 'measured' && measured.runPeakBytes === null);
  });

  it('falls back on a case where the model refuses what is made up, and says so where there is none', async () => {
    statusFor = (rows) => (rows === 3 ? 400 : 200);
    const example = [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] }] as const;
    const measured = await drive({ example: example as never });
    assert.ok(measured.state === 'measured' && measured.fed === 'case');
    const failed = await drive({});
    assert.ok(failed.state === 'failed' && failed.how === 'refused', JSON.stringify(failed));
  });

  it('tells a server that turns the largest request away from a model that refuses it', async () => {
    statusFor = () => 503;
    const failed = await drive({});
    assert.ok(failed.state === 'failed' && failed.how === 'overloaded' && /503/.test(failed.why));
  });

  it('says how a server ended: killed for memory, or by itself', async () => {
    const never = new Promise(() => {});
    const killed = await drive({ ready: never, exited: Promise.resolve({ code: 137, outOfMemory: true }) });
    assert.ok(killed.state === 'failed' && killed.how === 'killed');
    const byGroup = await drive({
      ready: never,
      exited: Promise.resolve({ code: null, outOfMemory: false }),
      meter: meterOf({ kills: 1 }),
    });
    assert.ok(byGroup.state === 'failed' && byGroup.how === 'killed');
    const ended = await drive({ ready: never, exited: Promise.resolve({ code: 2, outOfMemory: false }) });
    assert.ok(ended.state === 'failed' && ended.how === 'ended' && /exit code 2/.test(ended.why));
  });

  it('waits no longer than its time', async () => {
    const late = await drive({ ready: new Promise(() => {}), signal: AbortSignal.timeout(20) });
    assert.ok(late.state === 'failed' && late.how === 'stalled');
  });
});

describe('What a probe makes of a plan', () => {
  it('agrees within the larger of 6 MB and 5 %', () => {
    const agrees = (measured: number, bytes: number) => agreement(measured, { bytes, isMost: false, moreBytes: 0 });
    assert.equal(agrees(50e6, 44.1e6), true);
    assert.equal(agrees(50e6, 43.9e6), false);
    assert.equal(agrees(400e6, 381e6), true);
    assert.equal(agrees(400e6, 379e6), false);
    assert.equal(agreement(400e6, null), null);
  });

  it('may be less where the plan has the most that data can make it', () => {
    assert.equal(agreement(50e6, { bytes: 500e6, isMost: true, moreBytes: 0 }), true);
    assert.equal(agreement(50e6, { bytes: 43.9e6, isMost: true, moreBytes: 0 }), false);
    // Large pages may take more, and never less.
    assert.equal(agreement(60e6, { bytes: 43.9e6, isMost: false, moreBytes: 12e6 }), true);
    assert.equal(agreement(43.9e6, { bytes: 60e6, isMost: false, moreBytes: 12e6 }), false);
  });

  it('may be less where requests share runs, whose rows may go in parts', () => {
    const proven = { state: 'proven' as const, maxSize: 16, maxDelayMs: 0, provenRows: [2] };
    assert.equal(mayRunInParts({ batching: proven }), true);
    assert.equal(mayRunInParts({ batching: { ...proven, maxSize: 1 } }), false);
    assert.equal(mayRunInParts({ batching: { state: 'off', why: 'its batch is fixed' } }), false);
  });

  it('leaves the numbers of a plan that is right, or that says more', () => {
    const memory = fixedMemory(256 * MIB);
    for (const measured of [30 * MIB, 48 * MIB]) {
      const probed = withProbe(memory, probeOf(measured, memory.unreclaimableBytes));
      assert.deepEqual([probed.basis, probed.upperBoundBytes], ['plan', memory.upperBoundBytes]);
    }
  });

  it('goes by what was measured where that is more, up to the verdict', () => {
    const memory = fixedMemory(150 * MIB);
    assert.equal(memory.verdict, 'fits');
    const probed = withProbe(memory, probeOf(120 * MIB, memory.unreclaimableBytes));
    assert.equal(probed.basis, 'probe');
    assert.ok((probed.upperBoundBytes ?? 0) > 120 * MIB);
    assert.equal(probed.verdict, 'does-not-fit');
  });

  it('knows what it has measured where no plan could be made', () => {
    const unknown = fixedMemory(256 * MIB, {
      verdict: 'unknown',
      createPeakBytes: null,
      runPeakBytes: null,
      unreclaimableBytes: null,
      upperBoundBytes: null,
      mappedBytes: null,
      recommendedLimitBytes: null,
    });
    const probed = withProbe(unknown, probeOf(40 * MIB, null));
    assert.deepEqual([probed.basis, probed.verdict, probed.unreclaimableBytes], ['probe', 'fits', 40 * MIB]);
  });
});
