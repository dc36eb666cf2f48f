/**
 * Writes src/container/sources/debian/archive-keys.ts from the keyrings of Debian's package debian-archive-keyring:
 *
 *     npx tsx scripts/update-debian-keys.ts /usr/share/keyrings
 *
 * Only keys whose fingerprints stand below are taken; compare them with the ones that Debian publishes before you add one.
 * Certifications by other people are left out: they prove nothing here and make most of the size.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Key, readKeys } from 'openpgp';

const FINGERPRINTS = [
  '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
  '5E04A1E3223A19A20706E20F9904613D4CCE68C6',
  '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
];

const TARGET = new URL('../src/container/sources/debian/archive-keys.ts', import.meta.url);

const folder = process.argv[2];
if (folder === undefined) throw new Error('which folder holds the keyrings?');

const found = new Map<string, Key>();
for (const name of (await readdir(folder)).filter((name) => /^debian-archive-.*\.(gpg|pgp)$/.test(name))) {
  for (const key of await readKeys({ binaryKeys: await readFile(join(folder, name)) })) {
    found.set(key.getFingerprint().toUpperCase(), key);
  }
}

const rows = FINGERPRINTS.map((fingerprint) => {
  const key = found.get(fingerprint);
  if (key === undefined) throw new Error(`no key ${fingerprint} in ${folder}`);
  for (const user of key.users) user.otherCertifications = [];
  const owner = (key.getUserIDs()[0] ?? '').replace(/ <.*>$/, '');
  return `  {\n    fingerprint: '${fingerprint}',\n    owner: '${owner}',\n    armoured: \`${key.armor().replaceAll('\r\n', '\n')}\`,\n  },\n`;
});

await writeFile(
  TARGET,
  `import type { PinnedKey } from './signature.ts';

/** The keys that sign the Debian release that images are based on. Written by scripts/update-debian-keys.ts. */
export const DEBIAN_ARCHIVE_KEYS: readonly PinnedKey[] = [
${rows.join('')}];
`,
);
