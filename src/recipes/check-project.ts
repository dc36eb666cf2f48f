import type { Image, Index } from '../container/image/compose.ts';
import { formatByteSize } from '../nouns/byte-size.ts';
import type { Finding } from '../nouns/finding.ts';
import type { Model } from '../onnx/model.ts';
import { type ModelFile, modelFiles } from '../onnx/model-files.ts';
import { readModel } from '../onnx/read-model.ts';
import type { Project } from '../project/read-project.ts';
import { checkModel } from '../validate/rules/check-model.ts';

/** A model that was read, and what the checks say of its file; nothing was run, and no weight was read. */
export interface CheckedProject {
  readonly model: Model;
  readonly findings: readonly Finding[];
  /** The ONNX file first, then its external data. */
  readonly files: readonly ModelFile[];
  /** Of all files. */
  readonly bytes: number;
}

/** Reads a project's model and judges it by its file alone. Throws what the reader throws where it is no model at all. */
export function checkProject(project: Project): CheckedProject {
  const model = readModel(project.modelPath);
  const files = modelFiles(model);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const findings = [...checkModel({ model, bounds: project.config.bounds }), ...modelBudget(project, bytes)];
  return { model, findings, files, bytes };
}

function modelBudget({ config, modelPath }: Project, bytes: number): readonly Finding[] {
  return overBudget({ what: 'model', bytes, budget: config.budget.model, file: modelPath });
}

/** What is over the budget of images: each platform's by itself, compressed, as it is pulled. */
export function imageBudget({ config }: Project, index: Index): readonly Finding[] {
  return index.images.flatMap((image) =>
    overBudget({ what: 'image', bytes: imageBytes(image), budget: config.budget.image, detail: image.platform }),
  );
}

/** Bytes that are pulled for an image: its documents and layers. */
export function imageBytes({ manifest, config, layers }: Image): number {
  return layers.reduce((sum, layer) => sum + layer.size, manifest.size + config.size);
}

/** The finding that a thing is larger than its budget, with the arithmetic; none where it fits or has none. */
function overBudget(facts: {
  what: 'model' | 'image';
  bytes: number;
  budget: number | undefined;
  file?: string;
  detail?: string;
}): readonly Finding[] {
  const { what, bytes, budget, file, detail } = facts;
  if (budget === undefined || bytes <= budget) return [];
  return [
    {
      rule: `budget/${what}`,
      severity: 'error',
      message: `the ${what}${detail ? ` for ${detail}` : ''} has ${formatByteSize(bytes)} (${bytes} bytes), ${formatByteSize(bytes - budget)} over its budget of ${formatByteSize(budget)}`,
      mend: MENDS[what],
      ...(file !== undefined && { location: { file } }),
    },
  ];
}

const MENDS = {
  model: 'Quantize or prune the model, or raise budget.model in plimsoll.yaml.',
  image: 'Make the model smaller, or raise budget.image in plimsoll.yaml.',
} as const;
