import type { ElementType } from '../../../onnx/model.ts';
import { type Fact, tensor } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type Rule, type RuleTable, reasonOfFailure, shapeOf, typeOf } from '../rule.ts';
import { product } from '../size/arithmetic.ts';
import type { Size } from '../size/size.ts';

/** ai.onnx.ml: feature preparation, linear models, support vectors and trees. */
export const machineLearning: RuleTable = {
  Binarizer: output(typeOf(0), shapeOf(0)),
  Imputer: output(typeOf(0), shapeOf(0)),
  Normalizer: output(always('float'), shapeOf(0)),
  Scaler: output(always('float'), shapeOf(0)),
  ArrayFeatureExtractor: output(typeOf(0), (context) => {
    const [data, indices] = [context.shape(0), context.shape(1)];
    // Indices of any shape are taken one after another.
    return [...(data.length <= 1 ? [1] : data.slice(0, -1)), product(indices)];
  }),
  FeatureVectorizer: output(always('float'), (context) => {
    const widths = context.ints('inputdimensions') ?? [];
    const first = context.shape(0);
    return [first.length > 1 ? (first[0] ?? 1) : 1, widths.reduce((sum, width) => sum + width, 0)];
  }),
  OneHotEncoder: output(always('float'), (context) => [
    ...context.shape(0),
    context.listLength('cats_int64s') || context.listLength('cats_strings'),
  ]),
  CategoryMapper: output((context) => (context.elementType(0) === 'string' ? 'int64' : 'string'), shapeOf(0)),
  LabelEncoder: output(encodedType, shapeOf(0)),
  CastMap: output(
    (context) => CAST_TYPES[context.text('cast_to', 'TO_FLOAT')] ?? 'undefined',
    (context) => [
      1,
      context.text('map_form', 'DENSE') === 'SPARSE' ? context.int('max_map', 1) : context.dependsOnData(),
    ],
  ),
  DictVectorizer: output(mapValueType, (context) => [
    1,
    context.listLength('string_vocabulary') || context.listLength('int64_vocabulary'),
  ]),
  ZipMap: zipMap,

  LinearClassifier: classifier(
    (context) => context.listLength('classlabels_ints') || context.listLength('classlabels_strings'),
  ),
  SVMClassifier: classifier(supportVectorScores),
  TreeEnsembleClassifier: classifier(
    (context) => context.listLength('classlabels_int64s') || context.listLength('classlabels_strings'),
  ),
  LinearRegressor: output(always('float'), (context) => [rows(context), context.int('targets', 1)]),
  SVMRegressor: output(always('float'), (context) => [rows(context), 1]),
  TreeEnsembleRegressor: output(always('float'), (context) => [rows(context), context.int('n_targets', 1)]),
  TreeEnsemble: output(typeOf(0), (context) => [rows(context), context.int('n_targets', 1)]),
};

const CAST_TYPES: Readonly<Record<string, ElementType>> = { TO_FLOAT: 'float', TO_STRING: 'string', TO_INT64: 'int64' };

/** A vector of features is a batch of one. */
function rows(context: NodeContext): Size {
  const shape = context.shape(0);
  return shape.length > 1 ? (shape[0] ?? 1) : 1;
}

/** A label for each row, and a score for each row and class. */
function classifier(scores: (context: NodeContext) => number): Rule {
  const labelType = (context: NodeContext) => (context.listLength('classlabels_strings') > 0 ? 'string' : 'int64');
  return outputs([labelType, always('float')], (context) => [[rows(context)], [rows(context), scores(context)]]);
}

/** Without probabilities each pair of classes has a score, two classes one each. */
function supportVectorScores(context: NodeContext): number {
  const classes = context.listLength('classlabels_ints') || context.listLength('classlabels_strings');
  const hasProbabilities = context.listLength('prob_a') > 0;
  const hasVectors = context.listLength('vectors_per_class') > 0;
  return hasProbabilities || !hasVectors || classes <= 2 ? Math.max(classes, 2) : (classes * (classes - 1)) / 2;
}

/** By the attribute that holds the values; version 1 knew strings and whole numbers only. */
function encodedType(context: NodeContext): ElementType {
  if (context.listLength('classes_strings') > 0) return context.elementType(0) === 'string' ? 'int64' : 'string';
  const values = context.attribute('values_tensor');
  if (values?.kind === 'tensor') return values.value.elementType;
  if (context.listLength('values_strings') > 0) return 'string';
  if (context.listLength('values_int64s') > 0) return 'int64';
  return context.listLength('values_floats') > 0 ? 'float' : 'undefined';
}

function mapValueType(context: NodeContext): ElementType {
  const map = context.fact(0);
  return map.kind === 'map' && map.value.kind === 'tensor' ? map.value.elementType : 'undefined';
}

/** A map from label to score for each row. */
function zipMap(context: NodeContext): readonly Fact[] {
  const key = context.listLength('classlabels_strings') > 0 ? 'string' : 'int64';
  const element: Fact = { kind: 'map', key, value: tensor('float', []) };
  return [{ kind: 'sequence', element, length: lengthOrNull(context), items: null }];
}

function lengthOrNull(context: NodeContext): Size | null {
  try {
    return rows(context);
  } catch (error) {
    reasonOfFailure(context, error);
    return null;
  }
}
