import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Conversion } from '../nouns/conversion.ts';
import { Failure } from '../nouns/failure.ts';
import type { Progress } from '../nouns/progress.ts';
import type { Export, Exporter } from './make-export.ts';

type Parity = Conversion['parity'];
type FailedRoutes = Conversion['failedRoutes'];

/** An export that answers as the original does. */
export interface ProvenExport {
  readonly made: Export;
  /** Holds `model.onnx` and `cases/`. */
  readonly folder: string;
  readonly parity: Parity;
  /** What was tried before. */
  readonly failedRoutes: FailedRoutes;
}

/**
 * Exports by one way after the other, the best first, until one answers as the original does.
 *
 * @throws Failure of the first way, with what came of the others, where none does
 */
export async function exportByRoutes(
  exporter: Exporter,
  options: {
    readonly scratch: string;
    readonly prove: (folder: string) => Promise<Parity>;
    readonly progress: Progress;
  },
): Promise<ProvenExport> {
  const { scratch, prove, progress } = options;
  const failures: { readonly route: string; readonly failure: Failure }[] = [];
  for (let number = 0; ; number++) {
    const folder = join(scratch, String(number));
    await mkdir(folder, { recursive: true });
    const made = await exporter.attempt(number, folder);
    const proven = made.outcome === 'done' ? await proveOne(folder, prove) : made.failure;
    if (made.outcome === 'done' && !(proven instanceof Failure)) {
      const failedRoutes = failures.map(({ route, failure }) => ({ route, reason: failure.message }));
      return { made, folder, parity: proven, failedRoutes };
    }
    const failure = proven as Failure;
    const { route } = made;
    const isFinal = route === undefined || route.isLast || (made.outcome === 'failed' && made.isFinal);
    if (isFinal) throw allFailed(failures, failure);
    failures.push({ route: route.name, failure });
    progress.note(`${route.name} failed (${failure.message.slice(0, 200)}); another way is tried`);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A way whose export answers otherwise, or does not run, has failed as one that exports nothing. */
async function proveOne(folder: string, prove: (folder: string) => Promise<Parity>): Promise<Parity | Failure> {
  try {
    return await prove(folder);
  } catch (error) {
    if (error instanceof Failure && error.code.startsWith('convert/')) return error;
    throw error;
  }
}

/** The best way's failure says most; the others' are told with it. */
function allFailed(before: readonly { readonly route: string; readonly failure: Failure }[], last: Failure): Failure {
  const [first, ...others] = before;
  if (first === undefined) return last;
  const { code, exit, mend, cause, message } = first.failure;
  const also = [...others.map(({ failure }) => failure), last].filter((failure) => failure.message !== message);
  const told = also.map((failure) => failure.message.slice(0, 200)).join('; ');
  return new Failure(told === '' ? message : `${message} (other ways fell too: ${told})`, { code, exit, mend, cause });
}
