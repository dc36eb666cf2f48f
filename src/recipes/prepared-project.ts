import type { Model } from '../onnx/model.ts';
import { readModel } from '../onnx/read-model.ts';
import { type AssayedProject, graphPath } from './assay-record.ts';

/** A project's model in the form that ships. */
export interface Prepared {
  readonly state: 'prepared';
  /** The graph that the server will load; what the memory plan is made of. */
  readonly model: Model;
  readonly form: AssayedProject['form'];
  /** Why it ships as it is; `null` for a prepared one. */
  readonly reason: string | null;
  /** Of all files. */
  readonly bytes: number;
}

/** What an assay left behind, read again: once, so that all who plan for it plan for one model. */
export function preparedOf(assayed: AssayedProject): Prepared {
  const prepared = READ.get(assayed) ?? read(assayed);
  READ.set(assayed, prepared);
  return prepared;
}

const READ = new WeakMap<AssayedProject, Prepared>();

function read(assayed: AssayedProject): Prepared {
  const { form, reason, files } = assayed;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { state: 'prepared', model: readModel(graphPath(assayed)), form, reason, bytes };
}
