import type { Rule, RuleDescription } from '../rules/rule.ts';
import { rule as count } from './count.ts';
import { rule as depth } from './depth.ts';
import { rule as domain } from './domain.ts';
import { rule as elementType } from './element-type.ts';
import { rule as image } from './image.ts';
import { rule as memory } from './memory.ts';
import { rule as model } from './model.ts';
import { rule as operator } from './operator.ts';
import { rule as opset } from './opset.ts';
import { rule as parameters } from './parameters.ts';

/** The rules that hold a model against `budget.operators`. They are silent where the configuration sets no budget. */
export const BUDGET_RULES: readonly Rule[] = [count, depth, domain, elementType, operator, opset, parameters];

/** Budgets of sizes: no matter of the model's graph, so held against where the sizes are known. */
export const SIZE_BUDGET_RULES: readonly RuleDescription[] = [image, memory, model];
