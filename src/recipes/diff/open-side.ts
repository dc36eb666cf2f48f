import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ReportDocument } from '../../../schemas/report.ts';
import type { HeldIndex } from '../../container/held/held-index.ts';
import type { DifferenceKind } from '../../nouns/difference.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { isImagePlace } from '../../nouns/image-place.ts';
import { LOCK_SCHEMA, type Lock } from '../../nouns/lock.ts';
import { looksLikeReference } from '../../nouns/reference.ts';
import { REPORT_SCHEMA } from '../../nouns/report.ts';
import { type ImageVerdict, VERDICT_SCHEMA } from '../../nouns/verdict.ts';
import type { Model } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { parseLock } from '../../project/lock-file.ts';
import { readProject } from '../../project/read-project.ts';
import { IMAGE_FORMS, openImage } from '../open-image.ts';
import { findVerdict, readVerdict } from '../verify/keep-verdict.ts';
import type { Workbench } from '../workbench.ts';

/** What one side of a comparison turned out to be. */
export type Side =
  | { readonly kind: 'model'; readonly name: string; readonly model: Model }
  | { readonly kind: 'report'; readonly name: string; readonly report: ReportDocument }
  | { readonly kind: 'lock'; readonly name: string; readonly lock: Lock }
  | { readonly kind: 'verdict'; readonly name: string; readonly verdict: ImageVerdict }
  | {
      readonly kind: 'image';
      readonly name: string;
      readonly image: HeldIndex;
      /** What was found out about it, where that was kept. */
      readonly verdict: ImageVerdict | undefined;
    };

export interface SideSurroundings {
  readonly workingFolder: string;
  /** Opened only where an image is named. */
  readonly bench: () => Promise<Workbench>;
}

/** Of what is compared here; for messages. */
export const SIDE_FORMS = `a folder with plimsoll.yaml, an .onnx file, a lock, a report or verdict as JSON, or an image: ${IMAGE_FORMS}`;

/** More than the report of any model that can be read. */
const LARGEST_DOCUMENT_BYTES = 256 * 2 ** 20;

/**
 * Finds out what is meant by a name and reads it: files and folders by what they hold, all else as an image.
 * @throws Failure `diff/missing`, `diff/unreadable`, and those of reading models, locks and images.
 */
export async function openSide(text: string, { workingFolder, bench }: SideSurroundings): Promise<Side> {
  const image = async (name: string): Promise<Side> => {
    const image = await openImage(name, workingFolder, await bench());
    return { kind: 'image', name: text, image, verdict: await findVerdict(image, placesOf(name, workingFolder)) };
  };
  if (isImagePlace(text)) return image(text);
  const path = resolve(workingFolder, text);
  const facts = text === '' ? undefined : await stat(path).catch(() => undefined);
  if (facts === undefined) {
    if (looksLikeReference(text)) return image(text);
    throw missing(text);
  }
  if (facts.isDirectory() && existsSync(join(path, 'oci-layout'))) return image(`oci:${text}`);
  if (!facts.isDirectory() && /\.(json|lock)$/i.test(text)) return readDocument(path, text, facts.size);
  const { modelPath } = await readProject(text, workingFolder);
  return { kind: 'model', name: modelPath, model: readModel(modelPath) };
}

/** Folders that verdicts of an image may have been kept in: beside its layout or archive, and here. */
function placesOf(name: string, workingFolder: string): readonly string[] {
  const path = /^(?:oci|oci-archive|docker-archive):([^:]+)/.exec(name)?.[1];
  return [...(path === undefined ? [] : [dirname(resolve(workingFolder, path))]), workingFolder];
}

async function readDocument(path: string, name: string, bytes: number): Promise<Side> {
  if (bytes > LARGEST_DOCUMENT_BYTES) throw unreadable(name, `it has ${bytes} bytes`);
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(name, cause.code ?? cause.message, cause);
  });
  const schema = schemaOf(text);
  if (schema === LOCK_SCHEMA || /\.lock$/i.test(name)) return { kind: 'lock', name, lock: parseLock(text, name) };
  if (schema === VERDICT_SCHEMA)
    return {
      kind: 'verdict',
      name,
      verdict: await readVerdict(path, { folder: dirname(path), workingFolder: dirname(path) }),
    };
  if (schema !== REPORT_SCHEMA) throw unreadable(name, `its schema is ${JSON.stringify(schema ?? null)}`);
  const { ReportDocument } = await import('../../../schemas/report.ts');
  const report = ReportDocument.safeParse(JSON.parse(text));
  if (report.success) return { kind: 'report', name, report: report.data };
  const { path: where = [], message = '' } = report.error.issues[0] ?? {};
  throw unreadable(name, `${where.join('.')}: ${message}`);
}

function schemaOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'schema' in value ? value.schema : undefined;
  } catch {
    return undefined;
  }
}

function missing(text: string): Failure {
  return new Failure(`${text === '' ? '""' : text} does not exist`, {
    code: 'diff/missing',
    exit: EXIT.usage,
    mend: `Name ${SIDE_FORMS}.`,
  });
}

function unreadable(name: string, why: string, cause?: unknown): Failure {
  return new Failure(`${name} is neither a lock, a report nor a verdict: ${why}`, {
    code: 'diff/unreadable',
    exit: EXIT.usage,
    mend: `Reports are written by plimsoll lint --format json, and read as ${REPORT_SCHEMA}; locks by plimsoll lock, verdicts by plimsoll verify.`,
    cause,
  });
}

/** For a message: `a report`, `an image`. */
export function kindText(kind: DifferenceKind): string {
  return kind === 'image' ? 'an image' : `a ${kind}`;
}
