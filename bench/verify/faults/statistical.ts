import { CLASSES, type Fault, REGRESSION } from './fault.ts';

const OWN = { followsModel: true } as const;

/** Metrics that are missed. */
export const STATISTICAL: readonly Fault[] = [
  {
    name: 'labels that are shifted by one',
    owner: 'statistical',
    isTaken: true,
    project: { ...CLASSES, labels: 'shifted', metrics: 'accuracy: { min: 0.6 }' },
  },
  {
    name: 'labels that are shuffled',
    owner: 'statistical',
    project: { ...CLASSES, labels: 'shuffled', metrics: 'auc: { min: 0.8 }' },
  },
  {
    name: 'a slice that is under its threshold',
    owner: 'statistical',
    isTaken: true,
    project: { ...CLASSES, labels: 'wrong in the south', metrics: 'accuracy: { min: 0.52, slices: true }' },
  },
  {
    name: 'a model that is worse than the released one',
    owner: 'statistical',
    released: { ...CLASSES, metrics: 'accuracy: { worse: 0.01 }' },
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'accuracy: { worse: 0.01 }',
      model: { weights: (own) => own.map((row, at) => (at < 2 ? row.map(() => 0) : row)) },
    },
  },
  {
    name: 'a loss that is worse than the released one',
    owner: 'statistical',
    released: { ...CLASSES, metrics: 'logLoss: {}' },
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'logLoss: {}',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 2)) },
    },
  },
  {
    name: 'scores that are too sure of themselves',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'calibrationError: { max: 0.08 }',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 4)) },
    },
  },
  {
    name: 'a log loss over its threshold',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'logLoss: { max: 0.8 }',
      model: { weights: (own) => own.map((row) => row.map((one) => one * 6)) },
    },
  },
  {
    name: 'values that lie off by a constant',
    owner: 'statistical',
    project: { ...REGRESSION, labels: 'shifted', metrics: 'rmse: { max: 0.5 }' },
  },
  {
    name: 'a regression that explains too little',
    owner: 'statistical',
    project: {
      ...REGRESSION,
      ...OWN,
      metrics: 'r2: { min: 0.9 }',
      model: { weights: (own) => own.map((row, at) => (at < 3 ? row.map(() => 0) : row)) },
    },
  },
  {
    name: 'a ranking that is turned round',
    owner: 'statistical',
    project: {
      ...CLASSES,
      ...OWN,
      metrics: 'recall@1: { min: 0.5 }\n        ndcg@3: { min: 0.8 }',
      model: { weights: (own) => own.map((row) => row.map((one) => -one)) },
    },
  },
];
