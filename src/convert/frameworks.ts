import type { Framework } from '../nouns/model-source.ts';

/** How models of one framework become ONNX: which program does it, in which environments, and what its files are called. */
export interface FrameworkFacts {
  /** In `exporters/`. */
  readonly exporter: string;
  /** In `environments/`, by the framework's own version as they name it; the first is for whoever does not say. */
  readonly environments: readonly Environment[];
  /** Endings of its files, the preferred one first. */
  readonly endings: readonly string[];
}

export interface Environment {
  readonly name: string;
  /** Versions of the framework that it serves: a prefix, such as `1.9`. */
  readonly serves: string;
}

const TENSORFLOW: FrameworkFacts = {
  exporter: 'from_tensorflow.py',
  // Files of Keras name its own version; those of TensorFlow are read by all of its second.
  environments: [{ name: 'tensorflow-2.21', serves: '3' }],
  endings: ['.keras', '.tflite'],
};

export const FRAMEWORK_FACTS: Readonly<Record<Framework, FrameworkFacts>> = {
  sklearn: {
    exporter: 'from_sklearn.py',
    environments: [
      { name: 'sklearn-1.9', serves: '1.9' },
      { name: 'sklearn-1.8', serves: '1.8' },
      { name: 'sklearn-1.7', serves: '1.7' },
      { name: 'sklearn-1.6', serves: '1.6' },
      { name: 'sklearn-1.5', serves: '1.5' },
      { name: 'sklearn-1.4', serves: '1.4' },
    ],
    endings: ['.skops', '.joblib', '.pkl', '.pickle'],
  },
  xgboost: {
    exporter: 'from_boosting.py',
    environments: [{ name: 'xgboost-3.2', serves: '3' }],
    endings: ['.ubj', '.json'],
  },
  lightgbm: {
    exporter: 'from_boosting.py',
    environments: [{ name: 'lightgbm-4.7', serves: '4' }],
    endings: ['.txt'],
  },
  catboost: {
    exporter: 'from_catboost.py',
    environments: [{ name: 'catboost-1.2', serves: '1.2' }],
    endings: ['.cbm'],
  },
  tensorflow: TENSORFLOW,
  keras: TENSORFLOW,
  pytorch: {
    exporter: 'from_pytorch.py',
    environments: [{ name: 'pytorch-2.15', serves: '2' }],
    endings: ['.pt2'],
  },
};
