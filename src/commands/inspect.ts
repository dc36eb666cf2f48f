import { EXIT } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import { readModel } from '../onnx/read-model.ts';
import { readProject } from '../project/read-project.ts';
import { renderSummary } from '../report/summary-text.ts';
import { summariseModel } from '../validate/summary/summarise-model.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec } from './command.ts';
import { pageOptionsOf } from './page-options.ts';
import { PATH_ARGUMENT } from './selection.ts';

export const inspectCommand: CommandSpec = {
  name: 'inspect',
  summary: 'show what a model is: signature, operators, weights, dynamic dimensions',
  argument: PATH_ARGUMENT,
  options: [{ flags: '--format <format>', description: 'text or json (default: text)' }],
  examples: ['plimsoll inspect model.onnx', 'plimsoll inspect . --format json'],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', ['text', 'json']);
    const { modelPath } = await readProject(path, door.machine.workingFolder);
    const summary = summariseModel(readModel(modelPath));
    if (format === 'json') {
      const { name, version } = TOOL;
      door.print(JSON.stringify({ schema: 'plimsoll.inspect/1', tool: { name, version }, ...summary }, null, 2));
    } else door.print(renderSummary(summary, pageOptionsOf(door)).trimEnd());
    return EXIT.passed;
  },
};
