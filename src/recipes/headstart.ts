import { freshDigest, seemsUnchanged } from '../cache/file-digests.ts';
import type { Digest } from '../nouns/digest.ts';
import type { Project } from '../project/read-project.ts';
import { ProcessAhead } from '../validate/runtime/child-process.ts';
import type { Workbench } from './workbench.ts';

/** What was begun before the model was read, since it takes longest: to be hashed, and to start the runtime's process. */
export interface Headstart {
  /** Whoever was given it abandons it. */
  readonly process: ProcessAhead | undefined;
  readonly digestOf: (path: string) => Promise<Digest>;
}

/** Begins where the model is not the one that was looked at last, and so is likely to be assayed. */
export async function headstart({ modelPath }: Project, { cache }: Workbench): Promise<Headstart> {
  const digestOf = (path: string) => freshDigest(path, cache);
  // Where there is no model at all, whoever reads it says so.
  if (await seemsUnchanged(modelPath, cache).catch(() => true)) return { process: undefined, digestOf };
  const begun = digestOf(modelPath);
  // What cannot be hashed is told to whoever asks.
  begun.catch(() => {});
  return { process: new ProcessAhead(), digestOf: (path) => (path === modelPath ? begun : digestOf(path)) };
}
