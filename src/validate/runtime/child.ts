/**
 * The program that runs in the child process: it alone loads onnxruntime, and does one request after another until its parent
 * closes the channel. It may crash, hang or fill memory at any moment; `runtime-child.ts` turns that into data.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-common';
import { compareOutputs } from './compare-outputs.ts';
import type { Opening, OutputFacts, Port, Reply, Request, Signature, Verb, Verbs } from './requests.ts';
import {
  BINDING_TYPES,
  type BindingElementType,
  elementTypeOf,
  type TensorValue,
  type TensorValues,
} from './tensor-value.ts';

type Runtime = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

const PARENT_POLL_MS = 250;

process.once('message', (opening: Opening) => {
  outliveNobody(opening.parentPid);
  const runtime = createRequire(import.meta.url)(
    resolve(opening.runtimeFolder, 'node_modules', 'onnxruntime-node'),
  ) as Runtime;
  const answers = answersOf(runtime);
  let previous = Promise.resolve();
  process.on('message', (request: Request) => {
    previous = previous.then(async () => {
      process.send?.(await replyTo(request, answers));
    });
  });
});
process.on('disconnect', () => process.exit());
// An interrupt at the terminal reaches the whole process group; the parent decides what it means.
process.on('SIGINT', () => {});

type Answers = { readonly [V in Verb]: (ask: Verbs[V]['ask']) => Promise<Verbs[V]['value']> };

async function replyTo(request: Request, answers: Answers): Promise<Reply> {
  try {
    const answer = answers[request.verb] as (ask: Request) => Promise<unknown>;
    return { ok: true, value: await answer(request) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function answersOf(runtime: Runtime): Answers {
  const sessions = new Map<string, Ort.InferenceSession>();
  /** Outputs of the last run alone, which may be large. */
  let last: { readonly session: string; readonly values: TensorValues } | undefined;
  const run = async (name: string, feeds: TensorValues): Promise<TensorValues> => {
    const session = sessions.get(name);
    if (session === undefined) throw new Error(`no session is called ${name}`);
    const fetches = session.outputMetadata.filter((output) => output.isTensor).map((output) => output.name);
    const outputs = await session.run(toRuntime(feeds, runtime), fetches);
    return new Map(fetches.map((fetch) => [fetch, fromRuntime(outputs[fetch] as Ort.Tensor)]));
  };
  return {
    describe: async () => ({ onnxruntime: runtime.env.versions.node ?? '', node: process.version }),
    create: async ({ session, model, options }) => {
      const created = await createSession(runtime, model, options);
      last = last?.session === session ? undefined : last;
      await sessions.get(session)?.release();
      sessions.set(session, created);
      return signatureOf(created);
    },
    run: async ({ session, feeds, keep }) => {
      last = undefined;
      const values = await run(session, feeds);
      last = { session, values };
      return { outputs: [...values].map(([name, value]) => factsOf(name, value)), values: keep ? values : null };
    },
    time: async ({ session: name, feeds, forMs }) => {
      const startedAt = performance.now();
      let runs = 0;
      do {
        await run(name, feeds);
        runs++;
      } while (performance.now() - startedAt < forMs);
      return { runMs: (performance.now() - startedAt) / runs };
    },
    compare: async ({ reference, candidate, feeds, hasRun }) => {
      const before = hasRun && last?.session === candidate ? last.values : undefined;
      last = undefined;
      return compareOutputs(await run(reference, feeds), before ?? (await run(candidate, feeds)));
    },
    release: async ({ session }) => {
      await sessions.get(session)?.release();
      sessions.delete(session);
      return null;
    },
  };
}

function createSession(
  runtime: Runtime,
  model: Verbs['create']['ask']['model'],
  options: Verbs['create']['ask']['options'],
): Promise<Ort.InferenceSession> {
  if (model.kind === 'file')
    return runtime.InferenceSession.create(model.path, options as Ort.InferenceSession.SessionOptions);
  const session = { ...options.extra?.session, 'session.model_external_initializers_file_folder_path': model.folder };
  return runtime.InferenceSession.create(model.bytes, {
    ...options,
    extra: { session: withoutPrefix(session) },
  } as Ort.InferenceSession.SessionOptions);
}

/** The binding flattens nested objects into dotted names, so `session.` comes from the nesting. */
function withoutPrefix(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([key, value]) => [key.replace(/^session\./, ''), value]));
}

function signatureOf(session: Ort.InferenceSession): Signature {
  return { inputs: session.inputMetadata.map(portOf), outputs: session.outputMetadata.map(portOf) };
}

function portOf(metadata: Ort.InferenceSession.ValueMetadata): Port {
  if (!metadata.isTensor) return { name: metadata.name, elementType: null, shape: null };
  return {
    name: metadata.name,
    elementType: elementTypeOf(metadata.type) ?? null,
    shape: metadata.shape.map((dimension) => (dimension === '' ? null : dimension)),
  };
}

function toRuntime(feeds: TensorValues, runtime: Runtime): Record<string, Ort.Tensor> {
  const tensors = [...feeds].map(([name, { elementType, dims, data }]) => {
    const type = BINDING_TYPES[elementType as BindingElementType];
    return [name, new runtime.Tensor(type as 'float32', data as Float32Array, dims)];
  });
  return Object.fromEntries(tensors);
}

function fromRuntime(tensor: Ort.Tensor): TensorValue {
  const elementType = elementTypeOf(tensor.type);
  if (elementType === undefined) throw new Error(`Unsupported data type: ${tensor.type}`);
  const data = tensor.data as TensorValue['data'];
  // Newer Nodes have a Float16Array, which does not travel between processes everywhere; its bits do.
  const bits =
    elementType === 'float16' && ArrayBuffer.isView(data)
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : data;
  return { elementType, dims: tensor.dims, data: bits };
}

function factsOf(name: string, value: TensorValue): OutputFacts {
  return { name, elementType: value.elementType as BindingElementType, dims: value.dims };
}

/**
 * Ends this process soon after its parent, also in the middle of native work that never returns to the event loop, where a
 * closed channel goes unnoticed. Offers it to Linux's out-of-memory killer before anything else of the user's.
 */
function outliveNobody(parentPid: number): void {
  const watch = `
    const { workerData } = require('node:worker_threads');
    setInterval(() => {
      try {
        process.kill(workerData, 0);
        if (process.ppid === workerData) return;
      } catch {}
      process.kill(process.pid, 'SIGKILL');
    }, ${PARENT_POLL_MS});`;
  new Worker(watch, { eval: true, workerData: parentPid, execArgv: [] }).unref();
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Without it the kernel still kills somebody; the memory ceiling comes first anyway.
  }
}
