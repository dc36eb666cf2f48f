import type { Finding } from '../../nouns/finding.ts';
import type { OperatorBudget } from '../../nouns/operator-budget.ts';
import type { Model } from '../../onnx/model.ts';
import { checkModel } from '../rules/check-model.ts';
import { BUDGET_RULES } from './budget-rules.ts';

/** Holds a model against `budget.operators`: each breach is one finding that names the first nodes and how many more. */
export function checkOperatorBudget(model: Model, budget: OperatorBudget): readonly Finding[] {
  return checkModel({ model, budget }, BUDGET_RULES);
}
