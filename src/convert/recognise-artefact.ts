import { readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework } from '../nouns/model-source.ts';
import { firstBytes } from './artefact-version.ts';

/** What a file is, and by what that was told. */
export interface Recognised {
  readonly from: Framework;
  readonly because: string;
}

/** Enough of a file for each sign below, which all stand at its beginning but a pickle's. */
const HEAD_BYTES = 64 * 1024;

interface Sign {
  readonly from: Framework;
  readonly because: string;
  readonly fits: (head: Buffer, name: string) => boolean;
}

const isZip = (head: Buffer): boolean => head.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004';
const contains = (head: Buffer, text: string): boolean => head.includes(text);

/** The content decides where it says something, and the ending where two frameworks write the same kind of file. */
const SIGNS: readonly Sign[] = [
  {
    from: 'catboost',
    because: 'it begins with CatBoost’s mark',
    fits: (head) => head.subarray(0, 4).toString() === 'CBM1',
  },
  {
    from: 'lightgbm',
    because: 'it begins as LightGBM’s text files do',
    fits: (head) => /^tree\r?\nversion=/.test(head.subarray(0, 64).toString('latin1')),
  },
  {
    from: 'tensorflow',
    because: 'it has TensorFlow Lite’s mark',
    fits: (head) => head.subarray(4, 8).toString('latin1') === 'TFL3',
  },
  {
    from: 'xgboost',
    because: 'it has a learner and a version, as XGBoost writes them',
    fits: (head) => /^\s*\{/.test(head.toString('latin1', 0, 64)) && contains(head, 'learner'),
  },
  {
    from: 'pytorch',
    because: 'it is an archive of PyTorch’s',
    fits: (head, name) => isZip(head) && (name.endsWith('.pt2') || contains(head, 'models/model.json')),
  },
  {
    from: 'keras',
    because: 'it is an archive of Keras’',
    fits: (head, name) => isZip(head) && (name.endsWith('.keras') || contains(head, 'model.weights.h5')),
  },
  {
    from: 'sklearn',
    because: 'it is an archive of skops’',
    fits: (head, name) => isZip(head) && (name.endsWith('.skops') || contains(head, 'schema.json')),
  },
  {
    from: 'sklearn',
    because: 'it is a pickle',
    fits: (head, name) => /\.(joblib|pkl|pickle)$/.test(name) && (head[0] === 0x80 || head[0] === 0x78),
  },
];

const UNKNOWN = { code: 'convert/unknown-artefact', exit: EXIT.usage };

const FROM_FUNCTION =
  'Say from: pytorch and source: module:function, a function that builds the module, loads these weights, and returns it with example inputs.';

/** Files that people have, and from which no model can be told: what they are, and what to do. */
const ALMOST: readonly {
  readonly what: string;
  readonly mend: string;
  readonly fits: (head: Buffer, name: string) => boolean;
}[] = [
  {
    what: 'is an HDF5 file, as older versions of Keras keep a model',
    mend: "Load it with keras.models.load_model, and keep it with model.save('model.keras').",
    fits: (head) => head.subarray(1, 4).toString('latin1') === 'HDF',
  },
  {
    what: 'was kept by torch.save: it holds weights or a pickled module, and no program',
    mend: FROM_FUNCTION,
    fits: (head) => isZip(head) && contains(head, 'data.pkl'),
  },
  {
    what: 'holds weights alone, and no program',
    mend: FROM_FUNCTION,
    fits: (_, name) => name.endsWith('.safetensors'),
  },
];

/**
 * Which framework wrote a file or folder.
 *
 * @throws Failure `convert/unknown-artefact` with what is known
 */
export async function recogniseArtefact(path: string): Promise<Recognised> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isDirectory()) {
    if ((await readdir(path)).includes('saved_model.pb')) {
      return { from: 'tensorflow', because: 'it holds a saved_model.pb' };
    }
  } else if (facts?.isFile()) {
    const head = await firstBytes(path, HEAD_BYTES);
    const sign = SIGNS.find(({ fits }) => fits(head, basename(path).toLowerCase()));
    if (sign) return { from: sign.from, because: sign.because };
    const known = ALMOST.find(({ fits }) => fits(head, basename(path).toLowerCase()));
    if (known) throw new Failure(`${path} ${known.what}`, { ...UNKNOWN, mend: known.mend });
  }
  throw new Failure(`${path} ${facts === undefined ? 'does not exist' : 'is of no framework that is known here'}`, {
    ...UNKNOWN,
    mend: `Name one of: scikit-learn .skops, .joblib or .pkl; Keras .keras; a TensorFlow SavedModel folder or .tflite; PyTorch .pt2; XGBoost .json or .ubj; LightGBM .txt; CatBoost .cbm. Or write a plimsoll.yaml with model: { from: …, source: … }.`,
  });
}
