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
  }
  throw new Failure(`${path} ${facts === undefined ? 'does not exist' : 'is of no framework that is known here'}`, {
    code: 'convert/unknown-artefact',
    exit: EXIT.usage,
    mend: `Name one of: scikit-learn .skops, .joblib or .pkl; Keras .keras; a TensorFlow SavedModel folder or .tflite; PyTorch .pt2; XGBoost .json or .ubj; LightGBM .txt; CatBoost .cbm. Or write a plimsoll.yaml with model: { from: …, source: … }.`,
  });
}
