import { CLASSES, type Fault, REGRESSION } from './fault.ts';
import { answering, OTHER_NUMBERS } from './server-faults.ts';

/** Answers that lie beyond tolerance. */
export const NUMERIC: readonly Fault[] = [
  {
    name: 'a scaler with another deviation',
    owner: 'numeric',
    isTaken: true,
    project: { ...CLASSES, metrics: '{}', model: { deviation: (own) => own.map((one) => one * 1.5) } },
  },
  {
    name: 'a scaler without its mean',
    owner: 'numeric',
    project: { ...CLASSES, metrics: '{}', model: { mean: (own) => own.map(() => 0) } },
  },
  {
    name: 'weights of one feature that are a hundredth off',
    owner: 'numeric',
    project: {
      ...REGRESSION,
      metrics: '{}',
      model: { weights: (own) => own.map((row, at) => (at === 0 ? row.map((one) => one * 1.01) : row)) },
    },
  },
  {
    name: 'classes in another order',
    owner: 'numeric',
    project: {
      ...CLASSES,
      metrics: '{}',
      model: { weights: (own) => own.map((row) => [...row].reverse()), bias: (own) => [...own].reverse() },
    },
  },
  {
    name: 'a bias with another sign',
    owner: 'numeric',
    project: { ...REGRESSION, metrics: '{}', model: { bias: (own) => own.map((one) => -one) } },
  },
  {
    name: 'logarithms in place of probabilities',
    owner: 'numeric',
    project: { ...CLASSES, metrics: '{}', model: { last: 'LogSoftmax' } },
  },
  {
    name: 'weights that were rounded too far',
    owner: 'numeric',
    project: {
      ...CLASSES,
      metrics: '{}',
      model: { weights: (own) => own.map((row) => row.map((one) => Math.round(one * 10) / 10)) },
    },
  },
  {
    name: 'a runtime that gives other numbers than the locked one',
    owner: 'numeric',
    isTaken: true,
    project: { ...REGRESSION, metrics: '{}' },
    tamper: OTHER_NUMBERS,
  },
  {
    name: 'a server that rounds what it answers',
    owner: 'numeric',
    project: { ...REGRESSION, metrics: '{}' },
    tamper: answering('for (let at = 0; at < data.length; at++) data[at] = Math.round(data[at] * 10) / 10;'),
  },
  {
    name: 'an image of the model from before',
    owner: 'numeric',
    isBuiltFirst: true,
    project: {
      ...CLASSES,
      metrics: '{}',
      before: {
        ...CLASSES,
        followsModel: true,
        model: { weights: (own) => own.map((row) => row.map((one) => one * 0.9)) },
      },
    },
  },
];
