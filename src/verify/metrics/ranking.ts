import { weightedMean } from './classification.ts';
import type { LabelledRows, Metric } from './metric.ts';

type Query = NonNullable<LabelledRows['queries']>[number];

/** The share of what is relevant that stands among the first `most`, averaged over queries that have something relevant. */
export function recallAt(most: number): Metric {
  return overQueries(({ scores, relevance }) => {
    const first = orderOf(scores).slice(0, most);
    const relevant = (places: Iterable<number>) => [...places].filter((at) => (relevance[at] as number) > 0).length;
    const all = relevant(relevance.keys());
    return all === 0 ? null : relevant(first) / all;
  });
}

/** Normalised discounted cumulative gain as scikit-learn's `ndcg_score`: rows of equal score share their places' discounts. */
export function gainAt(most: number): Metric {
  return overQueries(({ scores, relevance }) => {
    const discounts = scores.map((_, place) => (place < most ? 1 / Math.log2(place + 2) : 0));
    const ideal = [...relevance]
      .sort((a, b) => b - a)
      .reduce((sum, gain, place) => sum + gain * (discounts[place] as number), 0);
    return ideal === 0 ? 0 : tiedGain({ scores, relevance }, discounts) / ideal;
  });
}

function overQueries(value: (query: Query) => number | null): Metric {
  return {
    better: 'higher',
    needs: 'queries',
    prepare: ({ queries = [] }) => {
      const values = queries.map(value);
      const known = Float64Array.from(values, (own) => own ?? 0);
      return (weights) =>
        weightedMean(
          known,
          weights.map((weight, at) => (values[at] === null ? 0 : weight)),
        );
    },
  };
}

function tiedGain({ scores, relevance }: Query, discounts: Float64Array): number {
  const order = orderOf(scores);
  let gain = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let [gains, discount] = [0, 0];
    for (; to < order.length && scores[order[to] as number] === scores[order[from] as number]; to++) {
      gains += relevance[order[to] as number] as number;
      discount += discounts[to] as number;
    }
    gain += (gains / (to - from)) * discount;
    from = to;
  }
  return gain;
}

function orderOf(scores: Float64Array): number[] {
  return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}
