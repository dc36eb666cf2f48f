import { EXIT, Failure } from '../nouns/failure.ts';
import type { Selection } from '../project/read-project.ts';
import type { CommandSpec, Flags, OptionSpec } from './command.ts';

/** What a command works on where nothing else is said: the project in the working folder. */
export const PATH_ARGUMENT: CommandSpec['argument'] = {
  name: 'path',
  description: 'a folder with plimsoll.yaml, such a file, or an .onnx file',
  default: '.',
};

export const BOUND_OPTION: OptionSpec = {
  flags: '--bound <name=size>',
  description: 'largest size of a dimension, over the configuration: batch=32',
  repeatable: true,
};

/** A project as the command line names it: its path, and what `--bound` says over its configuration. */
export function selectionOf(path: string, flags: Flags): Selection {
  const given = Array.isArray(flags.bound) ? (flags.bound as readonly string[]) : [];
  return given.length === 0 ? { path } : { path, bounds: Object.fromEntries(given.map(parseBound)) };
}

function parseBound(text: string): readonly [string, number] {
  const match = /^(.+)=(\d{1,15})$/.exec(text);
  const size = Number(match?.[2]);
  if (match?.[1] !== undefined && size > 0) return [match[1], size];
  throw new Failure(`--bound ${text}: wanted a dimension's name and a size above zero`, {
    code: 'usage/bound',
    exit: EXIT.usage,
    mend: 'For instance --bound batch=32; plimsoll inspect shows the names.',
  });
}
