import type { BasePackage } from '../../nouns/lock.ts';
import { parseParagraph } from '../sources/debian/paragraphs.ts';

/** What the package database of a Debian or a descendant of it names as installed, by name; `texts` are its files. */
export function installedPackages(texts: readonly string[]): readonly BasePackage[] {
  const packages = new Map<string, BasePackage>();
  for (const text of texts) {
    for (const paragraph of text.split(/\n{2,}/)) {
      const fields = parseParagraph(paragraph);
      const [name, version, architecture] = ['Package', 'Version', 'Architecture'].map(
        (field) => fields.get(field) ?? '',
      );
      // Without a status it is a file of `status.d`, where what is there is installed.
      const isInstalled = / installed$/.test(fields.get('Status') ?? 'install ok installed');
      if (!isInstalled || !name || !version || !architecture) continue;
      if (![name, version, architecture].every((value) => PLAIN.test(value))) continue;
      packages.set(`${name} ${architecture}`, { name, version, architecture });
    }
  }
  return [...packages.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}

/** Names and versions as Debian's policy has them; the lock carries them, and shows them to people. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9.+:~-]{0,199}$/;

/** What `os-release` (its own manual page) says of the distribution; nothing where it does not say. */
export function releaseOf(text: string): { id: string; version: string; codename: string } | null {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name && value !== undefined) values.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
  const read = (name: string) => {
    const value = values.get(name) ?? '';
    return PLAIN.test(value) ? value : '';
  };
  const id = read('ID');
  return id === '' ? null : { id, version: read('VERSION_ID'), codename: read('VERSION_CODENAME') };
}
