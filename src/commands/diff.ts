import { EXIT } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import { readModel } from '../onnx/read-model.ts';
import { readProject } from '../project/read-project.ts';
import { renderDifference } from '../report/difference-text.ts';
import { diffModels } from '../validate/summary/diff-models.ts';
import { choiceOf, FORMAT_OPTION, FORMATS } from './choice.ts';
import type { CommandSpec } from './command.ts';
import { pageOptionsOf } from './page-options.ts';

export const diffCommand: CommandSpec = {
  name: 'diff',
  summary: 'show what changed from one model to another, and what of it breaks clients',
  argument: { name: 'old', description: 'folder with plimsoll.yaml, such a file, or an .onnx file' },
  secondArgument: { name: 'new', description: 'the same, of the model to compare with it' },
  options: [FORMAT_OPTION, { flags: '--exit-code', description: 'exit with 1 where the models differ' }],
  examples: [
    'plimsoll diff released.onnx model.onnx',
    'plimsoll diff released.onnx model.onnx --format json --exit-code',
  ],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', FORMATS);
    const { workingFolder } = door.machine;
    const before = (await readProject(path, workingFolder)).modelPath;
    const after = (await readProject(String(flags.new), workingFolder)).modelPath;
    const difference = diffModels(readModel(before), readModel(after));
    if (format === 'json') {
      const { name, version } = TOOL;
      door.print(
        JSON.stringify(
          { schema: 'plimsoll.diff/1', tool: { name, version }, old: before, new: after, ...difference },
          null,
          2,
        ),
      );
    } else door.print(renderDifference(difference, pageOptionsOf(door)).trimEnd());
    return flags.exitCode === true && !difference.same ? EXIT.findings : EXIT.passed;
  },
};
