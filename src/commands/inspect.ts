import { EXIT } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import { readModel } from '../onnx/read-model.ts';
import { readProject } from '../project/read-project.ts';
import { renderSummary } from '../report/summary-text.ts';
import { summariseModel } from '../validate/summary/summarise-model.ts';
import { choiceOf, FORMAT_OPTION, FORMATS } from './choice.ts';
import type { CommandSpec } from './command.ts';
import { pageOptionsOf } from './page-options.ts';
import { PATH_ARGUMENT } from './selection.ts';

export const inspectCommand: CommandSpec = {
  name: 'inspect',
  summary: 'show what a model is: signature, operators, weights, dynamic dimensions',
  argument: PATH_ARGUMENT,
  options: [FORMAT_OPTION],
  examples: ['plimsoll inspect model.onnx', 'plimsoll inspect . --format json'],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', FORMATS);
    const { modelPath } = await readProject(path, door.machine.workingFolder);
    const summary = summariseModel(readModel(modelPath));
    if (format === 'json') {
      const { name, version } = TOOL;
      door.print(JSON.stringify({ schema: 'plimsoll.inspect/1', tool: { name, version }, ...summary }, null, 2));
    } else door.print(renderSummary(summary, pageOptionsOf(door)).trimEnd());
    return EXIT.passed;
  },
};
