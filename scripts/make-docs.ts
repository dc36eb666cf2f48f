import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPages } from './docs/generated-pages.ts';

/** Makes the pages of docs/ that are made from the sources: `npx tsx scripts/make-docs.ts`. Pages of rules have a script of their own. */
const root = fileURLToPath(new URL('..', import.meta.url));
for (const folder of ['docs/commands', 'docs/errors', 'docs/keys']) {
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, folder));
}
for (const [path, text] of await generatedPages(root)) writeFileSync(join(root, path), text);
