import type { Framework } from '../../nouns/model-source.ts';

/** Packages by framework, the more telling first: what trains with XGBoost imports scikit-learn for its data too. */
const PACKAGES: readonly (readonly [name: string, from: Framework])[] = [
  ['catboost', 'catboost'],
  ['lightgbm', 'lightgbm'],
  ['xgboost', 'xgboost'],
  ['keras', 'keras'],
  ['tensorflow', 'tensorflow'],
  ['torch', 'pytorch'],
  ['sklearn', 'sklearn'],
];

/** Which framework a training script in Python leaves a model of, by what it imports. */
export function frameworkOfScript(script: string): Framework | undefined {
  const imported = new Set(
    [...script.matchAll(/^[ \t]*(?:import|from)[ \t]+([A-Za-z_]\w*)/gm)].map(([, name]) => name),
  );
  return PACKAGES.find(([name]) => imported.has(name))?.[1];
}
