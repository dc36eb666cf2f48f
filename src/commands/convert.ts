import { EXIT } from '../nouns/failure.ts';
import { type Converted, convertProject } from '../recipes/convert-project.ts';
import { readSourceProject } from '../recipes/read-source-project.ts';
import { openWorkbench } from '../recipes/workbench.ts';
import { renderConversion } from '../report/conversion-text.ts';
import { choiceOf, FORMAT_OPTION, FORMATS } from './choice.ts';
import type { CommandSpec, Door } from './command.ts';
import { pageOptionsOf } from './page-options.ts';

export const convertCommand: CommandSpec = {
  name: 'convert',
  summary: 'make an ONNX model from another framework’s, and keep the original’s answers as cases',
  argument: {
    name: 'path',
    description: 'a folder with plimsoll.yaml, such a file, or a framework’s own file or folder',
    default: '.',
  },
  options: [
    { flags: '--force', description: 'convert again, also where nothing has changed' },
    { flags: '--allow-code', description: 'load a file that runs code, such as a pickle, named on the command line' },
    FORMAT_OPTION,
  ],
  examples: ['plimsoll convert', 'plimsoll convert model.skops', 'plimsoll convert model.pkl --allow-code'],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', FORMATS);
    const { project, guessed } = await readSourceProject(path, {
      workingFolder: door.machine.workingFolder,
      allowCode: flags.allowCode === true,
    });
    if (guessed !== undefined) door.tell(`${path} is taken for ${guessed.from}: ${guessed.because}`);
    const bench = await openWorkbench(door);
    try {
      const converted = await convertProject(project, bench, {
        force: flags.force === true,
        ...(door.verbose && { onLog: (log: string) => door.tell(log.trimEnd()) }),
      });
      tell(converted, format, door);
      return EXIT.passed;
    } finally {
      await bench.close();
    }
  },
};

function tell({ conversion, ...facts }: Converted, format: 'text' | 'json', door: Door): void {
  if (format === 'json') door.print(JSON.stringify(conversion, null, 2));
  else door.print(renderConversion({ conversion, ...facts }, pageOptionsOf(door)).trimEnd());
}
