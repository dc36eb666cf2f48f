import { BUDGET_RULES, SIZE_BUDGET_RULES } from '../budget/budget-rules.ts';
import { MEMORY_RULES } from '../memory-rules/memory-rules.ts';
import { ASSAY_RULES } from '../runtime/assay-rules.ts';
import { rule as configUnknownBound } from './config/unknown-bound.ts';
import { rule as configUnknownRule } from './config/unknown-rule.ts';
import { rule as configUnusedSuppression } from './config/unused-suppression.ts';
import { rule as productionCustomDomain } from './production/custom-domain.ts';
import { rule as productionDataDependentShape } from './production/data-dependent-shape.ts';
import { rule as productionDeadNode } from './production/dead-node.ts';
import { rule as productionDeadWeight } from './production/dead-weight.ts';
import { rule as productionDeprecatedOperator } from './production/deprecated-operator.ts';
import { rule as productionDuplicateWeight } from './production/duplicate-weight.ts';
import { rule as productionFixedBatch } from './production/fixed-batch.ts';
import { rule as productionFloatList } from './production/float-list.ts';
import { rule as productionFloat64 } from './production/float64.ts';
import { rule as productionInitializerAsInput } from './production/initializer-as-input.ts';
import { rule as productionInlineWeight } from './production/inline-weight.ts';
import { rule as productionLeakyMetadata } from './production/leaky-metadata.ts';
import { rule as productionLocale } from './production/locale.ts';
import { rule as productionLoop } from './production/loop.ts';
import { rule as productionNegativeDimension } from './production/negative-dimension.ts';
import { rule as productionNoDefaultOpset } from './production/no-default-opset.ts';
import { rule as productionOldIr } from './production/old-ir.ts';
import { rule as productionOldOpset } from './production/old-opset.ts';
import { rule as productionRepeatedSymbol } from './production/repeated-symbol.ts';
import { rule as productionShapeContradiction } from './production/shape-contradiction.ts';
import { rule as productionTrainingGraph } from './production/training-graph.ts';
import { rule as productionUnboundedDimension } from './production/unbounded-dimension.ts';
import { rule as productionUnfedInput } from './production/unfed-input.ts';
import { rule as productionUnimportedDomain } from './production/unimported-domain.ts';
import { rule as productionUnnamedDimension } from './production/unnamed-dimension.ts';
import { rule as productionUnseededRandom } from './production/unseeded-random.ts';
import { rule as productionWholeNumberDivision } from './production/whole-number-division.ts';
import { rule as productionZipmap } from './production/zipmap.ts';
import type { Rule, RuleDescription } from './rule.ts';
import { rule as runtimeBindingType } from './runtime/binding-type.ts';
import { rule as runtimeCustomOperator } from './runtime/custom-operator.ts';
import { rule as runtimeIrVersion } from './runtime/ir-version.ts';
import { rule as runtimeKernelLimit } from './runtime/kernel-limit.ts';
import { rule as runtimeNoKernel } from './runtime/no-kernel.ts';
import { rule as runtimeOpset } from './runtime/opset.ts';
import { rule as structureAttributeType } from './structure/attribute-type.ts';
import { rule as structureCycle } from './structure/cycle.ts';
import { rule as structureDeclaredType } from './structure/declared-type.ts';
import { rule as structureDuplicateAttribute } from './structure/duplicate-attribute.ts';
import { rule as structureDuplicateFunction } from './structure/duplicate-function.ts';
import { rule as structureDuplicateInitializer } from './structure/duplicate-initializer.ts';
import { rule as structureDuplicateNodeName } from './structure/duplicate-node-name.ts';
import { rule as structureDuplicateValue } from './structure/duplicate-value.ts';
import { rule as structureEmptyModel } from './structure/empty-model.ts';
import { rule as structureEmptyName } from './structure/empty-name.ts';
import { rule as structureExternalData } from './structure/external-data.ts';
import { rule as structureFunctionExpansion } from './structure/function-expansion.ts';
import { rule as structureFunctionOpsets } from './structure/function-opsets.ts';
import { rule as structureFunctionRecursion } from './structure/function-recursion.ts';
import { rule as structureInitializerType } from './structure/initializer-type.ts';
import { rule as structureInputCount } from './structure/input-count.ts';
import { rule as structureIrVersion } from './structure/ir-version.ts';
import { rule as structureIrregularFile } from './structure/irregular-file.ts';
import { rule as structureMissingAttribute } from './structure/missing-attribute.ts';
import { rule as structureMissingOutput } from './structure/missing-output.ts';
import { rule as structureNoOutputs } from './structure/no-outputs.ts';
import { rule as structureNodeOrder } from './structure/node-order.ts';
import { rule as structureOpsetImports } from './structure/opset-imports.ts';
import { rule as structureOutputCount } from './structure/output-count.ts';
import { rule as structureRemovedOperator } from './structure/removed-operator.ts';
import { rule as structureShadowedValue } from './structure/shadowed-value.ts';
import { rule as structureShapeConflict } from './structure/shape-conflict.ts';
import { rule as structureSparseTensor } from './structure/sparse-tensor.ts';
import { rule as structureSubgraphSignature } from './structure/subgraph-signature.ts';
import { rule as structureTensorData } from './structure/tensor-data.ts';
import { rule as structureTensorStoredTwice } from './structure/tensor-stored-twice.ts';
import { rule as structureTypeConstraint } from './structure/type-constraint.ts';
import { rule as structureUndefinedValue } from './structure/undefined-value.ts';
import { rule as structureUnknownAttribute } from './structure/unknown-attribute.ts';
import { rule as structureUnknownOperator } from './structure/unknown-operator.ts';
import { rule as structureUntypedValue } from './structure/untyped-value.ts';

/** Every rule for models. Adding one is a file and a line here; its page in docs/rules is made from it. */
export const RULES: readonly Rule[] = [
  ...BUDGET_RULES,
  configUnknownBound,
  productionCustomDomain,
  productionDataDependentShape,
  productionDeadNode,
  productionDeadWeight,
  productionDeprecatedOperator,
  productionDuplicateWeight,
  productionFixedBatch,
  productionFloatList,
  productionFloat64,
  productionInitializerAsInput,
  productionInlineWeight,
  productionLeakyMetadata,
  productionLocale,
  productionLoop,
  productionNegativeDimension,
  productionNoDefaultOpset,
  productionOldIr,
  productionOldOpset,
  productionRepeatedSymbol,
  productionShapeContradiction,
  productionTrainingGraph,
  productionUnboundedDimension,
  productionUnfedInput,
  productionUnimportedDomain,
  productionUnnamedDimension,
  productionUnseededRandom,
  productionWholeNumberDivision,
  productionZipmap,
  runtimeBindingType,
  runtimeCustomOperator,
  runtimeIrVersion,
  runtimeKernelLimit,
  runtimeNoKernel,
  runtimeOpset,
  structureAttributeType,
  structureCycle,
  structureDeclaredType,
  structureDuplicateAttribute,
  structureDuplicateFunction,
  structureDuplicateInitializer,
  structureDuplicateNodeName,
  structureDuplicateValue,
  structureEmptyModel,
  structureEmptyName,
  structureExternalData,
  structureFunctionExpansion,
  structureFunctionOpsets,
  structureFunctionRecursion,
  structureInitializerType,
  structureInputCount,
  structureIrVersion,
  structureIrregularFile,
  structureMissingAttribute,
  structureMissingOutput,
  structureNoOutputs,
  structureNodeOrder,
  structureOpsetImports,
  structureOutputCount,
  structureRemovedOperator,
  structureShadowedValue,
  structureShapeConflict,
  structureSparseTensor,
  structureSubgraphSignature,
  structureTensorData,
  structureTensorStoredTwice,
  structureTypeConstraint,
  structureUndefinedValue,
  structureUnknownAttribute,
  structureUnknownOperator,
  structureUntypedValue,
];

/** All that findings of this room may name: the rules for models, those of sizes and memory, of the runtime's own judgement, and for the configuration itself. */
export const RULE_DESCRIPTIONS: readonly RuleDescription[] = [
  ...RULES,
  ...SIZE_BUDGET_RULES,
  ...MEMORY_RULES,
  ...ASSAY_RULES,
  configUnknownRule,
  configUnusedSuppression,
];
