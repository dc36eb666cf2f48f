import type { LabelledRows, Metric, Weighted } from './metric.ts';

type Classes = NonNullable<LabelledRows['classes']>;
type Scored = Classes & { readonly scores: Float64Array };

/** As scikit-learn's `accuracy_score`, `balanced_accuracy_score`, `f1_score(average="macro")`, `log_loss` and `roc_auc_score`. */
export const CLASSIFICATION = {
  accuracy: ofClasses('higher', accuracy),
  balancedAccuracy: ofClasses('higher', balancedAccuracy),
  f1: ofClasses('higher', macroF1),
  logLoss: ofScores('lower', logLoss),
  auc: ofScores('higher', areaUnderCurve),
  calibrationError: ofScores('lower', calibrationError),
} as const satisfies Readonly<Record<string, Metric>>;

function ofClasses(better: Metric['better'], prepare: (rows: Classes) => Weighted): Metric {
  return { better, needs: 'classes', prepare: ({ classes }) => prepare(classes as Classes) };
}

function ofScores(better: Metric['better'], prepare: (rows: Scored) => Weighted): Metric {
  return { better, needs: 'scores', prepare: ({ classes }) => prepare(classes as Scored) };
}

function accuracy({ labels, predicted }: Classes): Weighted {
  return (weights) => {
    let [right, all] = [0, 0];
    for (let row = 0; row < labels.length; row++) {
      const weight = weights[row] as number;
      all += weight;
      if (labels[row] === predicted[row]) right += weight;
    }
    return all === 0 ? null : right / all;
  };
}

interface Counts {
  readonly right: Float64Array;
  readonly labelled: Float64Array;
  readonly predicted: Float64Array;
}

function countClasses({ labels, predicted, count }: Classes, weights: Float64Array): Counts {
  const counts = {
    right: new Float64Array(count),
    labelled: new Float64Array(count),
    predicted: new Float64Array(count),
  };
  for (let row = 0; row < labels.length; row++) {
    const [label, guess, weight] = [labels[row] as number, predicted[row] as number, weights[row] as number];
    counts.labelled[label] = (counts.labelled[label] as number) + weight;
    counts.predicted[guess] = (counts.predicted[guess] as number) + weight;
    if (label === guess) counts.right[label] = (counts.right[label] as number) + weight;
  }
  return counts;
}

/** Over the classes that are there. */
function balancedAccuracy(rows: Classes): Weighted {
  return (weights) => {
    const { right, labelled } = countClasses(rows, weights);
    return mean(
      [...labelled.keys()].filter((at) => (labelled[at] as number) > 0),
      (at) => (right[at] as number) / (labelled[at] as number),
    );
  };
}

/** Over the classes that are there or were predicted. */
function macroF1(rows: Classes): Weighted {
  return (weights) => {
    const { right, labelled, predicted } = countClasses(rows, weights);
    const sum = (at: number) => (labelled[at] as number) + (predicted[at] as number);
    return mean(
      [...labelled.keys()].filter((at) => sum(at) > 0),
      (at) => (2 * (right[at] as number)) / sum(at),
    );
  };
}

function logLoss({ labels, scores, count }: Scored): Weighted {
  const losses = Float64Array.from(labels, (label, row) => {
    const probability = scores[row * count + label] as number;
    return -Math.log(Math.min(Math.max(probability, Number.EPSILON), 1 - Number.EPSILON));
  });
  return (weights) => weightedMean(losses, weights);
}

/** Of two classes that of the second; of more the mean of each against the rest (`multi_class="ovr"`). */
function areaUnderCurve({ labels, scores, count }: Scored): Weighted {
  const positives = count === 2 ? [1] : [...Array(count).keys()];
  const curves = positives.map((positive) => {
    const own = Float64Array.from(labels, (_, row) => scores[row * count + positive] as number);
    const order = Int32Array.from(own.keys()).sort((a, b) => (own[b] as number) - (own[a] as number));
    return { positive, own, order };
  });
  return (weights) => {
    const areas = curves.map(({ positive, own, order }) => {
      return areaOf({ order, scores: own, isPositive: (row) => labels[row] === positive, weights });
    });
    return areas.includes(null) ? null : mean(areas as number[], (area) => area);
  };
}

interface Curve {
  readonly order: Int32Array;
  readonly scores: Float64Array;
  readonly isPositive: (row: number) => boolean;
  readonly weights: Float64Array;
}

/** The chance that a positive row has a higher score than a negative one; half of it where they are equal. */
function areaOf({ order, scores, isPositive, weights }: Curve): number | null {
  let [above, positives, negatives, area] = [0, 0, 0, 0];
  for (let at = 0; at < order.length; ) {
    const score = scores[order[at] as number];
    let [tiedPositives, tiedNegatives] = [0, 0];
    for (; at < order.length && scores[order[at] as number] === score; at++) {
      const row = order[at] as number;
      if (isPositive(row)) tiedPositives += weights[row] as number;
      else tiedNegatives += weights[row] as number;
    }
    area += tiedNegatives * (above + tiedPositives / 2);
    above += tiedPositives;
    positives += tiedPositives;
    negatives += tiedNegatives;
  }
  return positives === 0 || negatives === 0 ? null : area / (positives * negatives);
}

/** Of the bins of `calibration_curve`. */
const BINS = 10;

/**
 * The expected calibration error (Naeini and others 2015): how far the scores of the predicted class lie from how often it is right, over
 * ten bins of equal width. Of two classes it is that of the second, as `calibration_curve` bins it.
 */
function calibrationError({ labels, scores, count }: Scored): Weighted {
  const rows = Array.from(labels, (label, row) => {
    const own = scores.subarray(row * count, (row + 1) * count);
    const at = count === 2 ? 1 : largestOf(own);
    return { score: own[at] as number, isRight: label === at };
  });
  return (weights) => {
    const bins = Array.from({ length: BINS }, () => ({ weight: 0, scores: 0, right: 0 }));
    let all = 0;
    rows.forEach(({ score, isRight }, row) => {
      const weight = weights[row] as number;
      const bin = bins[binOf(score)] as { weight: number; scores: number; right: number };
      all += weight;
      bin.weight += weight;
      bin.scores += weight * score;
      if (isRight) bin.right += weight;
    });
    if (all === 0) return null;
    return bins.reduce((sum, { scores: predicted, right }) => sum + Math.abs(predicted - right), 0) / all;
  };
}

/** A score on an edge belongs below it. */
function binOf(score: number): number {
  let bin = 0;
  while (bin < BINS - 1 && score > (bin + 1) * (1 / BINS)) bin++;
  return bin;
}

export function largestOf(scores: ArrayLike<number>): number {
  let best = 0;
  for (let at = 1; at < scores.length; at++) if ((scores[at] as number) > (scores[best] as number)) best = at;
  return best;
}

export function weightedMean(values: Float64Array, weights: Float64Array): number | null {
  let [sum, all] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    sum += (values[row] as number) * (weights[row] as number);
    all += weights[row] as number;
  }
  return all === 0 ? null : sum / all;
}

function mean(items: readonly number[], value: (item: number) => number): number | null {
  return items.length === 0 ? null : items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
