import { resolve } from 'node:path';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Door, Flags, OptionSpec } from './command.ts';

export const OUTPUT_OPTION: OptionSpec = {
  flags: '--output <file>',
  description: 'write the report to a file instead of standard output',
  names: 'file',
};

/**
 * Where the report goes; `undefined` for standard output.
 * @throws Failure `usage/output` for a name that is empty.
 */
export function outputOf({ output }: Flags, { machine }: Pick<Door, 'machine'>): string | undefined {
  if (output === undefined) return undefined;
  if (typeof output === 'string' && output !== '') return resolve(machine.workingFolder, output);
  throw new Failure('--output "": wanted the name of a file', {
    code: 'usage/output',
    exit: EXIT.usage,
    mend: 'For instance --output report.html.',
  });
}
