import { createRequire } from 'node:module';
import { setEngineFlags } from './engine-flags.ts';
import { countTraffic } from './garbage.ts';
import { RequestError } from './request-error.ts';
import { type OutputSelection, type Tensors, tensorsBytes } from './tensor.ts';

/** A model loaded into onnxruntime. The one file that touches onnxruntime-node. */
export interface Session {
  /**
   * Runs the model, on this thread, to its end.
   *
   * @throws RequestError 400 where the model refuses these inputs, 500 where the runtime fails
   */
  run(inputs: Tensors, outputs: OutputSelection): Tensors;
  /** Lets the model go, and all the memory that it took. */
  release(): void;
}

/** The part of onnxruntime-node's native binding that is used. */
interface Binding {
  readonly InferenceSession: new () => NativeSession;
}

interface NativeSession {
  dispose(): void;
  loadModel(path: string, options: Readonly<Record<string, unknown>>): void;
  run(feeds: Tensors, fetches: OutputSelection, options: Readonly<Record<string, unknown>>): Tensors;
}

/** Failures go to the client that caused them; the runtime's own log of them would let clients fill the disk with lines. */
const RUN_OPTIONS = { logSeverityLevel: 4 };

/**
 * Loads a model by path, so that external data beside it are found and mapped.
 *
 * @throws Error with the runtime's message where it cannot be loaded
 */
export function openSession(modelPath: string, options: Readonly<Record<string, unknown>>): Session {
  const { InferenceSession } = loadBinding();
  setEngineFlags();
  const native = new InferenceSession();
  native.loadModel(modelPath, options);
  return {
    run(inputs, outputs) {
      let results: Tensors;
      try {
        results = native.run(inputs, outputs, RUN_OPTIONS);
      } catch (error) {
        throw explainFailure(error instanceof Error ? error.message : String(error));
      }
      countTraffic(tensorsBytes(inputs) + tensorsBytes(results));
      return results;
    },
    release: () => native.dispose(),
  };
}

/**
 * The binding itself, under onnxruntime-node's JavaScript interface: that one puts every run off to another turn of the
 * loop and wraps each tensor once more, a third of the time of a small run.
 *
 * Where JavaScript has `Float16Array` (Node 24), onnxruntime-common makes half-precision tensors of it, which this binding
 * does not read. It looks once, at the first tensor, so the name is hidden for that moment and they stay `Uint16Array`.
 */
function loadBinding(): Binding {
  const require = createRequire(import.meta.url);
  const scope = globalThis as { Float16Array?: unknown };
  const hidden = scope.Float16Array;
  delete scope.Float16Array;
  try {
    const { Tensor } = require('onnxruntime-common') as { Tensor: new (...facts: unknown[]) => unknown };
    new Tensor('float32', new Float32Array(1), [1]);
    const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as {
      binding: Binding;
      initOrt: () => void;
    };
    initOrt();
    return binding;
  } finally {
    if (hidden !== undefined) {
      Object.defineProperty(scope, 'Float16Array', { value: hidden, writable: true, configurable: true });
    }
  }
}

/**
 * Whose fault a failed run is, by the runtime's words: a kernel that refuses its operands does so for the values or
 * shapes of this request, since the same model has run before; want of memory is the server's.
 */
const FAILURES: readonly { readonly pattern: RegExp; readonly status: number; readonly why: string }[] = [
  { pattern: /bad_alloc|[Ff]ailed to allocate|out of memory/, status: 500, why: 'the runtime ran out of memory' },
  { pattern: /^Invalid rank for input|^Got invalid dimensions/, status: 400, why: 'the model refuses this shape' },
  { pattern: /^Unexpected input data type/, status: 400, why: 'the model refuses this datatype' },
  { pattern: /^Non-zero status code returned while running/, status: 400, why: 'the model refuses these inputs' },
];

/** Where in the runtime's source a check has failed: file, line and function. */
const SOURCE = /\/onnxruntime_src\/\S+ (?:[^()]*\([^()]*\)(?: const)?(?: \[with [^\]]*\])? )?/;

/** Longest piece of a runtime's message that is passed on. */
const MESSAGE_LENGTH = 300;

function explainFailure(message: string): RequestError {
  const known = FAILURES.find(({ pattern }) => pattern.test(message));
  const detail = message
    .replace(/Non-zero status code returned while running (\S+) node\. Name:'([^']*)' Status Message: /, 'in $1 "$2": ')
    .replace(/\/onnxruntime_src\/\S+ .*? was false\. /s, '')
    .replace(SOURCE, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH);
  return new RequestError(known?.status ?? 500, `${known?.why ?? 'the runtime failed'}: ${detail}`);
}
