import { resolve } from 'node:path';
import { EXIT } from '../nouns/failure.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../nouns/platform.ts';
import { shellWord } from '../nouns/shell-word.ts';
import { openWorkbench } from '../recipes/workbench.ts';
import { writeDockerContext } from '../recipes/write-docker-context.ts';
import type { CommandSpec } from './command.ts';
import { exitOf, packageModel } from './package.ts';
import { parsePlatform } from './package-flags.ts';
import { PATH_ARGUMENT, SELECTION_OPTIONS, selectionOf } from './selection.ts';
import { tellFindings } from './tell-packaged.ts';

const DEFAULT_FOLDER = 'docker-context';

export const dockerfileCommand: CommandSpec = {
  name: 'dockerfile',
  summary: 'write a Dockerfile and its context, for an engine that has to build the image itself',
  argument: PATH_ARGUMENT,
  options: [
    {
      flags: '--output <folder>',
      description: `where the context goes (default: ${DEFAULT_FOLDER})`,
      names: 'folder',
    },
    {
      flags: '--platform <platform>',
      description: 'what it is built for (default: this machine’s processor)',
      choices: ALL_PLATFORMS,
    },
    ...SELECTION_OPTIONS,
    {
      flags: '--frozen',
      description: 'refuse to move the lock (exit 3); the default when CI is set and a lock is there',
    },
    { flags: '--no-frozen', description: 'move what has to move, also when CI is set' },
  ],
  examples: ['plimsoll dockerfile . --output context', 'docker build --network=none --tag my-model context'],
  async run(path, flags, door) {
    const { machine } = door;
    const platform =
      typeof flags.platform === 'string'
        ? parsePlatform(flags.platform)
        : (ALL_PLATFORMS.find((name) => PLATFORMS[name].npmCpu === machine.cpu) ?? 'linux/amd64');
    const folder = resolve(machine.workingFolder, typeof flags.output === 'string' ? flags.output : DEFAULT_FOLDER);
    const bench = await openWorkbench(door);
    try {
      const frozen = typeof flags.frozen === 'boolean' ? { frozen: flags.frozen } : {};
      const packaged = await packageModel(
        selectionOf(path, flags),
        { sinks: [], platforms: [platform], ...frozen },
        bench,
      );
      tellFindings(packaged, door);
      const [image] = packaged.verdict === 'pass' ? packaged.index.images : [];
      if (image === undefined) return exitOf(packaged);
      await writeDockerContext(image, folder, bench);
      const name = shellWord(`${packaged.project.name}:latest`);
      door.tell(`build it: docker build --network=none --platform ${platform} --tag ${name} ${shellWord(folder)}`);
      door.print(folder);
      return EXIT.passed;
    } finally {
      await bench.close();
    }
  },
};
