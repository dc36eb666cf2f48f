import { basename } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import { mapTensors, type TensorPlace } from './all-tensors.ts';
import type { Content } from './content.ts';
import type { Model, Tensor, TensorData } from './model.ts';
import { tensorContent } from './tensor-content.ts';
import { tensorBytes } from './tensor-size.ts';

/** One file beside the model that holds the data of its large initializers. */
export interface ExternalLayout {
  /** Name of the file, without folders; the model's name with `.data` if not given. */
  readonly fileName?: string;
  /** Initializers of fewer bytes stay in the model; 1024 if not given, as in `onnx.save`. Those external already stay so. */
  readonly minimumBytes?: number;
  /** Every tensor begins at a multiple of this; 4096 if not given, so that it can be mapped into memory. */
  readonly alignment?: number;
}

export interface PlacedWeights {
  readonly model: Model;
  /** For tensors of `model` whose data go into it in another form than they had. */
  readonly inline: ReadonlyMap<Tensor, Content>;
  /** What goes into the external file, in order; `null` where there is none. */
  readonly external: { readonly fileName: string; readonly parts: readonly ExternalPart[] } | null;
}

export interface ExternalPart {
  readonly offset: number;
  readonly content: Content;
}

export interface Placement {
  readonly target: string;
  /** Where data go: `keep` leaves every tensor where it is, `inline` brings all into the model. */
  readonly layout: ExternalLayout | 'keep' | 'inline';
  /** Turns typed fields (`float_data` and the like) into `raw_data`. */
  readonly typedToRaw: boolean;
}

/** Decides for each tensor where its data will be, and moves none of them yet. */
export function placeWeights(model: Model, placement: Placement): PlacedWeights {
  const { layout } = placement;
  const inline = new Map<Tensor, Content>();
  const file = typeof layout === 'object' ? new ExternalFilePlan(placement.target, layout) : null;
  const placed = mapTensors(model, (place) => {
    const { tensor } = place;
    if (file?.wants(place)) return { ...tensor, data: file.add(tensor, tensorContent(model, tensor)) };
    const comesIn = tensor.data.kind === 'external' && layout !== 'keep';
    if (!comesIn && !(placement.typedToRaw && isTypedNumber(tensor))) return tensor;
    const changed = { ...tensor };
    inline.set(changed, tensorContent(model, tensor));
    return changed;
  });
  return { model: placed, inline, external: file?.parts.length ? { fileName: file.name, parts: file.parts } : null };
}

function isTypedNumber(tensor: Tensor): boolean {
  return tensor.data.kind === 'typed' && tensor.elementType !== 'string';
}

class ExternalFilePlan {
  readonly name: string;
  readonly parts: ExternalPart[] = [];
  readonly #minimumBytes: number;
  readonly #alignment: number;
  /** Where spans of external files go that several tensors share. */
  readonly #shared = new Map<string, number>();
  #end = 0;

  constructor(target: string, layout: ExternalLayout) {
    this.name = layout.fileName ?? `${basename(target)}.data`;
    this.#minimumBytes = layout.minimumBytes ?? 1024;
    this.#alignment = layout.alignment ?? 4096;
    assertUsable(this.name, { target, alignment: this.#alignment });
  }

  wants(place: TensorPlace): boolean {
    // Runtimes map initializers only; data of attributes and of sparse tensors have to be in the model.
    if (place.role !== 'initializer') return false;
    if (place.tensor.data.kind === 'external') return true;
    const bytes = tensorBytes(place.tensor.elementType, place.tensor.dims);
    return bytes !== null && bytes > 0 && bytes >= this.#minimumBytes;
  }

  add(tensor: Tensor, content: Content): TensorData {
    const key = sharedKey(tensor.data);
    const offset = this.#shared.get(key) ?? Math.ceil(this.#end / this.#alignment) * this.#alignment;
    if (key === '' || !this.#shared.has(key)) {
      this.parts.push({ offset, content });
      this.#end = offset + content.length;
      if (key !== '') this.#shared.set(key, offset);
    }
    return { kind: 'external', location: this.name, offset, length: content.length };
  }
}

function sharedKey(data: TensorData): string {
  return data.kind === 'external' ? `${data.offset} ${data.length ?? ''} ${data.location}` : '';
}

function assertUsable(name: string, options: { target: string; alignment: number }): void {
  const isName = name !== '' && name === basename(name) && !name.includes('\\') && name !== '.' && name !== '..';
  const isAlignment = Number.isSafeInteger(options.alignment) && options.alignment > 0;
  if (isName && name !== basename(options.target) && isAlignment) return;
  throw new Failure(
    `External data cannot be written to ${JSON.stringify(name)} aligned to ${options.alignment} bytes beside ${options.target}`,
    {
      code: 'onnx/external-layout',
      exit: EXIT.usage,
      mend: 'Give the name of a file without folders, other than the model, and an alignment of one byte or more, such as 4096.',
    },
  );
}
