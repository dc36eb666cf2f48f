import { allSpecs } from '../../src/commands/commands.ts';
import { commandIndex, commandPage } from './command-pages.ts';
import { configPage, keyPages } from './config-page.ts';
import { convertTablePage } from './convert-table-page.ts';
import { errorPage, errorPages } from './error-page.ts';

/** Pages of docs/ that are made from the sources, by path. */
export async function generatedPages(root: string): Promise<ReadonlyMap<string, string>> {
  const specs = await allSpecs();
  return new Map([
    ['docs/commands/README.md', commandIndex(specs)],
    ...specs.map((spec): [string, string] => [`docs/commands/${spec.name}.md`, commandPage(spec)]),
    ['docs/configuration-keys.md', configPage()],
    ['docs/convert-table.md', convertTablePage(root)],
    ...keyPages(),
    ['docs/errors.md', errorPage(root)],
    ...errorPages(root),
  ]);
}
