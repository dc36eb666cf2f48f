import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Where glibc's own UTF-8 locale lies, whose letters follow Unicode without any language's special rules. */
const C_UTF8 = '/usr/lib/locale/C.utf8';

/**
 * Runs `use` with the environment in which glibc finds `locale`, played by C.UTF-8 where this machine has no such locale: enough
 * to load and try a model, and the image brings the real one. `null` where even C.UTF-8 is missing.
 */
export async function withLocaleStandIn<T>(
  { locale, temporaryFolder }: { readonly locale: string; readonly temporaryFolder: string },
  use: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T | null> {
  // The name becomes a file name, and comes from the model.
  if (!/^[A-Za-z][\w.@-]{0,60}$/.test(locale) || !existsSync(C_UTF8)) return null;
  const folder = await mkdtemp(join(temporaryFolder, 'plimsoll-locale-'));
  try {
    await symlink(C_UTF8, join(folder, locale));
    return await use({ LOCPATH: folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The locale whose absence is why the runtime refused a model. */
export function missingLocale(refusal: string): string | null {
  return /Failed to construct locale with name:([^:]+)/.exec(refusal)?.[1] ?? null;
}
