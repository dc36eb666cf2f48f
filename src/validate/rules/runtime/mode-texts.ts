/** The texts that an attribute may have; where they changed, by the opset in which the operator's schema came, newest first. */
export type ModeTexts = readonly string[] | readonly { readonly since: number; readonly texts: readonly string[] }[];

const AUTO_PAD = { auto_pad: ['NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'] };
const RECURRENT = { direction: ['forward', 'reverse', 'bidirectional'] };

/**
 * By operator of the default domain and attribute, what the kernels of onnxruntime 1.30 take. Each was tried with and without: a test
 * asks the runtime about every one of them.
 */
export const MODE_TEXTS: Readonly<Record<string, Readonly<Record<string, ModeTexts>>>> = {
  AveragePool: AUTO_PAD,
  BitShift: { direction: ['LEFT', 'RIGHT'] },
  Conv: AUTO_PAD,
  ConvInteger: AUTO_PAD,
  ConvTranspose: AUTO_PAD,
  DepthToSpace: { mode: ['DCR', 'CRD'] },
  GRU: RECURRENT,
  GridSample: {
    mode: [
      { since: 20, texts: ['linear', 'nearest', 'cubic'] },
      { since: 16, texts: ['bilinear', 'nearest', 'bicubic'] },
    ],
    padding_mode: ['zeros', 'border', 'reflection'],
  },
  LSTM: RECURRENT,
  LpPool: AUTO_PAD,
  MaxPool: AUTO_PAD,
  Pad: { mode: ['constant', 'reflect', 'edge', 'wrap'] },
  QLinearConv: AUTO_PAD,
  RNN: RECURRENT,
  Resize: {
    mode: ['nearest', 'linear', 'cubic'],
    coordinate_transformation_mode: [
      'half_pixel',
      'half_pixel_symmetric',
      'asymmetric',
      'pytorch_half_pixel',
      'tf_half_pixel_for_nn',
      'align_corners',
      'tf_crop_and_resize',
    ],
    nearest_mode: ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'],
  },
  RoiAlign: { mode: ['avg', 'max'] },
  StringNormalizer: { case_change_action: ['NONE', 'LOWER', 'UPPER'] },
  TensorScatter: { mode: ['linear', 'circular'] },
  TfIdfVectorizer: { mode: ['TF', 'IDF', 'TFIDF'] },
};

/** The texts in force; `null` where nothing is known to be refused. */
export function modeTexts(opType: string, attribute: string, since: number): readonly string[] | null {
  const byAttribute = Object.hasOwn(MODE_TEXTS, opType) ? MODE_TEXTS[opType] : undefined;
  const texts = byAttribute && Object.hasOwn(byAttribute, attribute) ? byAttribute[attribute] : undefined;
  if (!texts) return null;
  const plain = texts.filter((text) => typeof text === 'string');
  if (plain.length > 0) return plain;
  for (const row of texts) if (typeof row !== 'string' && row.since <= since) return row.texts;
  return null;
}
