import type { Door } from '../../src/commands/command.ts';
import { SILENT } from '../../src/nouns/progress.ts';

/** A door that keeps what goes out of it. */
export function testDoor(
  parts: Partial<Door> & { readonly env?: Readonly<Record<string, string>> } = {},
): Door & { readonly printed: string[] } {
  const printed: string[] = [];
  const { env = {}, ...rest } = parts;
  return {
    machine: {
      env,
      platform: 'linux',
      cpu: 'x64',
      home: '/nowhere',
      workingFolder: process.cwd(),
      now: () => new Date(0),
    },
    progress: SILENT,
    print: (line) => void printed.push(line),
    tell: () => {},
    alert: () => {},
    verbose: false,
    json: false,
    colour: false,
    signal: new AbortController().signal,
    printed,
    ...rest,
  };
}
