import { EXIT } from '../nouns/failure.ts';
import { IMAGE_FORMS } from '../recipes/open-image.ts';
import { rebuildImage } from '../recipes/rebuild-image.ts';
import { openWorkbench } from '../recipes/workbench.ts';
import { printable } from '../report/printable.ts';
import type { CommandSpec } from './command.ts';

export const rebuildCommand: CommandSpec = {
  name: 'rebuild',
  summary: 'build an image again from the lock that it carries, and compare digest by digest',
  argument: { name: 'image', description: IMAGE_FORMS },
  options: [],
  examples: [
    'plimsoll rebuild oci:examples/sklearn/image',
    'plimsoll rebuild registry.example/team/model@sha256:DIGEST',
  ],
  async run(image, _, door) {
    const bench = await openWorkbench(door);
    try {
      const { index, name, differences } = await rebuildImage(image, bench);
      for (const { where, lines } of differences) {
        if (door.json) door.alert(JSON.stringify({ where, differs: lines }));
        else for (const line of [`${where} differs:`, ...lines.map(indented)]) door.alert(line);
      }
      door.print(`${name}@${index.digest}`);
      door.tell(differences.length === 0 ? 'the same, digest by digest' : 'not reproduced');
      return differences.length === 0 ? EXIT.passed : EXIT.notReproducible;
    } finally {
      await bench.close();
    }
  },
};

function indented(line: string): string {
  return `  ${printable(line)}`;
}
