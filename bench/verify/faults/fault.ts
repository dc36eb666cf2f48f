import type { ImageVerdict } from '../../../src/nouns/verdict.ts';
import type { ProjectFacts } from '../projects.ts';
import type { Tampering } from '../tamper.ts';

/** Something that is wrong with an image, and whose it is. */
export interface Fault {
  readonly name: string;
  readonly owner: ImageVerdict['failures'][number]['owner'];
  readonly project: ProjectFacts;
  /** Whether the image was made of `project.before`, and the project moved on. */
  readonly isBuiltFirst?: boolean;
  readonly tamper?: Tampering;
  /** The limit that it is started under. */
  readonly memoryBytes?: number;
  /** The project of the released model. */
  readonly released?: ProjectFacts;
  /** Shown by an engine alone: a process finds what the image lacks on its machine. */
  readonly inContainer?: boolean;
  /** Shown by an engine that emulates the other processor alone. */
  readonly isEmulated?: boolean;
  /** Part of the reduced form. */
  readonly isTaken?: boolean;
}

export const CLASSES: ProjectFacts = { kind: 'classes', seed: 1 };
export const REGRESSION: ProjectFacts = { kind: 'regression', seed: 2 };
