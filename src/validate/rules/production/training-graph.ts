import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/training-graph',
  severity: 'warning',
  title: 'The model has no training graphs',
  explanation:
    'Graphs for training are ignored when a model is served; they are shipped for nothing and may hold what should stay inside.',
  mend: 'Remove `training_info` before shipping.',
  source: 'onnx.proto, TrainingInfoProto. The runtime for inference ignores it.',
  *check({ model }) {
    if (model.trainingInfoCount > 0)
      yield { message: `the model carries ${model.trainingInfoCount} training graph(s)` };
  },
};
