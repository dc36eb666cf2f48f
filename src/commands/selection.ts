import { BYTE_SIZE_EXAMPLE, parseByteSize } from '../nouns/byte-size.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Selection } from '../project/read-project.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Flags, OptionSpec } from './command.ts';

/** What a command works on where nothing else is said: the project in the working folder. */
export const PATH_ARGUMENT: CommandSpec['argument'] = {
  name: 'path',
  description: 'a folder with plimsoll.yaml, such a file, or an .onnx file',
  default: '.',
};

export const BOUND_OPTION: OptionSpec = {
  flags: '--bound <name=size>',
  description: 'largest size of a dimension: batch=32',
  repeatable: true,
};

export const MEMORY_OPTION: OptionSpec = {
  flags: '--memory <size>',
  description: 'the container’s memory limit: 256MiB',
};

const PROFILES = ['auto', 'lean', 'fast'] as const;

/** What is said over the configuration; each mirrors a key of it. */
export const SELECTION_OPTIONS: readonly OptionSpec[] = [
  BOUND_OPTION,
  MEMORY_OPTION,
  { flags: '--profile <profile>', description: 'how the server loads the model', choices: PROFILES },
];

/** A project as the command line names it: its path, and what flags say over its configuration. */
export function selectionOf(path: string, flags: Flags): Selection {
  const given = Array.isArray(flags.bound) ? (flags.bound as readonly string[]) : [];
  return {
    path,
    ...(given.length > 0 && { bounds: Object.fromEntries(given.map(parseBound)) }),
    ...(flags.memory !== undefined && { memoryBytes: parseMemory(flags.memory) }),
    ...(flags.profile !== undefined && { profile: choiceOf(flags, 'profile', PROFILES) }),
  };
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

function parseMemory(value: Flags[string]): number {
  const size = parseByteSize(value);
  if (size.ok) return size.bytes;
  throw new Failure(`--memory: ${size.why}`, {
    code: 'usage/memory',
    exit: EXIT.usage,
    mend: `Give a size with its unit, ${BYTE_SIZE_EXAMPLE}.`,
  });
}
