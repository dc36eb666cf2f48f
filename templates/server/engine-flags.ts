import { setFlagsFromString } from 'node:v8';

/** The first Node whose V8 knows how to be told when its last compiler takes over. */
const TURBOFAN_NODE = 24;

/**
 * Has V8 keep memory down. Node carries its own modules compiled, for V8 as it is without these flags: each module that is loaded after this
 * is compiled anew, and a thread that is started loads a hundred of them. So this comes after all that, and before the first run.
 */
export function setEngineFlags(): void {
  // V8 lets the room for new objects grow to 32 MiB under load and never takes it back; where it starts, it is enough.
  setFlagsFromString('--semi-space-growth-factor=1');
  // The middle one of V8's compilers leaves the C heap in pieces, 10 MiB and more of it by how its threads chance to run. Without
  // it the last one has to take over sooner, or requests take twice as long for the first hundred thousand (measured).
  setFlagsFromString('--no-maglev');
  if (Number.parseInt(process.versions.node, 10) >= TURBOFAN_NODE) {
    setFlagsFromString('--invocation-count-for-turbofan=400');
  }
  // So little is new between two quick collections that this thread alone is done before helpers have woken up; where processors are few, it
  // would wait for their turn.
  setFlagsFromString('--no-parallel-scavenge');
}
