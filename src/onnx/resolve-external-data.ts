import { createHash } from 'node:crypto';
import { EXIT, Failure } from '../nouns/failure.ts';
import { allTensors, type TensorPlace } from './all-tensors.ts';
import { fileContent, Sources } from './content.ts';
import { type ExternalData, type ExternalPlace, locateExternalData } from './external-data.ts';
import type { Model } from './model.ts';
import type { FileIdentity } from './source-file.ts';

/** A file that holds data of tensors of a model. */
export interface ExternalFile {
  /** As the model writes it. */
  readonly location: string;
  /** Its real path, which lies in the model's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly tensors: readonly (TensorPlace & ExternalPlace)[];
}

export interface ExternalProblem extends TensorPlace {
  readonly failure: Failure;
}

export interface ExternalDataFacts {
  readonly files: readonly ExternalFile[];
  readonly problems: readonly ExternalProblem[];
}

/**
 * Finds the external files of a model and checks each reference; what is wrong comes back as problems, whose failures
 * have the codes of `locateExternalData`. With `checksums`, files are also read through and held against the SHA-1 that
 * the model gives (`onnx/external-checksum`).
 */
export function resolveExternalData(model: Model, options: { readonly checksums?: boolean } = {}): ExternalDataFacts {
  const files = new Map<string, { location: string; file: FileIdentity; tensors: (TensorPlace & ExternalPlace)[] }>();
  const problems: ExternalProblem[] = [];
  for (const place of allTensors(model)) {
    const { data } = place.tensor;
    if (data.kind !== 'external') continue;
    const found = attempt(() => locateExternalData(model, place.tensor, data));
    if (found instanceof Failure) {
      problems.push({ ...place, failure: found });
      continue;
    }
    const known = files.get(found.file.path) ?? { location: data.location, file: found.file, tensors: [] };
    known.tensors.push({ ...place, ...found });
    files.set(found.file.path, known);
  }
  const found = [...files.values()].map(({ location, file, tensors }) => ({
    location,
    path: file.path,
    bytes: file.bytes,
    tensors,
  }));
  return { files: found, problems: options.checksums ? [...problems, ...found.flatMap(checksumProblems)] : problems };
}

function attempt<T>(work: () => T): T | Failure {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Failure) return cause;
    throw cause;
  }
}

/** onnx.proto has one checksum for the whole file, repeated in each tensor that the file holds. */
function checksumProblems(file: ExternalFile): readonly ExternalProblem[] {
  const withChecksum = file.tensors.filter(({ tensor }) => checksumOf(tensor.data as ExternalData) !== undefined);
  const [first] = withChecksum;
  if (!first) return [];
  const actual = sha1Of(first.file);
  return withChecksum
    .filter(({ tensor }) => checksumOf(tensor.data as ExternalData) !== actual)
    .map(({ tensor, graph, role }) => ({
      tensor,
      graph,
      role,
      failure: new Failure(
        `The external file ${file.path} has the SHA-1 ${actual}; tensor ${JSON.stringify(tensor.name.slice(0, 200))} wants ${checksumOf(tensor.data as ExternalData)}`,
        {
          code: 'onnx/external-checksum',
          exit: EXIT.findings,
          mend: 'The data file was changed or belongs to another model: copy both again from where they were exported.',
        },
      ),
    }));
}

function checksumOf(data: ExternalData): string | undefined {
  return data.checksum?.toLowerCase();
}

function sha1Of(file: FileIdentity): string {
  const hash = createHash('sha1');
  const content = fileContent(file, { offset: 0, length: file.bytes });
  Sources.using((sources) => content.copyTo((chunk) => hash.update(chunk), sources));
  return hash.digest('hex');
}
