import { EXIT, type ExitCode } from '../nouns/failure.ts';
import { writeWhole } from '../project/write-whole.ts';
import { diffSides } from '../recipes/diff/diff-sides.ts';
import { openSide, SIDE_FORMS, type Side } from '../recipes/diff/open-side.ts';
import type { Workbench } from '../recipes/workbench.ts';
import { DIFFERENCE_FORMATS, renderDifference } from '../report/difference/render-difference.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door } from './command.ts';
import { OUTPUT_OPTION, outputOf } from './output-option.ts';
import { pageOptionsOf } from './page-options.ts';

export const diffCommand: CommandSpec = {
  name: 'diff',
  summary: 'show what changed from one model, lock, report or image to another, and what of it breaks clients',
  argument: { name: 'old', description: SIDE_FORMS },
  secondArgument: { name: 'new', description: 'the same, to compare with it' },
  options: [
    {
      flags: '--format <format>',
      description: 'how the result is written (default: text)',
      choices: DIFFERENCE_FORMATS,
    },
    OUTPUT_OPTION,
    { flags: '--exit-code', description: 'exit with 1 where they differ' },
  ],
  examples: [
    'plimsoll diff released.onnx model.onnx',
    'plimsoll diff released.onnx model.onnx --format json --exit-code',
    'plimsoll diff base.json report.json --format markdown',
    'plimsoll diff registry.example/team/model:1.2 oci:image',
  ],
  async run(path, flags, door) {
    const format = choiceOf(flags, 'format', DIFFERENCE_FORMATS);
    const file = outputOf(flags, door);
    return withSides([path, String(flags.new)], door, async (before, after) => {
      const difference = diffSides(before, after);
      const names = { old: before.name, new: after.name };
      const page = await renderDifference(difference, { format, names, page: pageOptionsOf(door) });
      if (file === undefined) door.print(page.trimEnd());
      else await writeWhole(file, page);
      return flags.exitCode === true && !difference.same ? EXIT.findings : EXIT.passed;
    });
  },
};

/** A workbench is opened when the first image is, and takes a moment to be. */
async function withSides(
  [old, now]: readonly [string, string],
  door: Door,
  use: (before: Side, after: Side) => Promise<ExitCode>,
): Promise<ExitCode> {
  let opened: Promise<Workbench> | undefined;
  const bench = () => {
    opened ??= import('../recipes/workbench.ts').then(({ openWorkbench }) => openWorkbench(door));
    return opened;
  };
  const surroundings = { workingFolder: door.machine.workingFolder, bench };
  const sides: Side[] = [];
  try {
    for (const text of [old, now]) sides.push(await openSide(text, surroundings));
    return await use(sides[0] as Side, sides[1] as Side);
  } finally {
    for (const side of sides) if (side.kind === 'image') await side.image.close();
    await (await opened)?.close();
  }
}
