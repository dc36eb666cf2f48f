import { EXIT, Failure } from '../nouns/failure.ts';
import type { Machine } from '../nouns/machine.ts';
import { ALL_PLATFORMS, type Platform } from '../nouns/platform.ts';
import { parseReference } from '../nouns/reference.ts';
import { parseSink } from '../recipes/sinks.ts';
import type { Flags } from './command.ts';
import type { PackageOptions } from './package.ts';

/** The options of `package` from what stands on the command line. Throws a Failure for a value that none of them takes. */
export function readPackageFlags(flags: Flags, { workingFolder }: Machine): PackageOptions {
  const outputs = listOf(flags.output);
  const platforms = listOf(flags.platform).map(parsePlatform);
  if (flags.signKey !== undefined && flags.push === undefined) throw nothingToSign();
  return {
    ...(outputs.length > 0 && { sinks: outputs.map((text) => parseSink(text, workingFolder)) }),
    probe: flags.probe === false ? 'never' : 'if-possible',
    ...(flags.load === true && { load: true }),
    ...(typeof flags.push === 'string' && { push: parseReference(flags.push) }),
    ...(typeof flags.signKey === 'string' && { signKey: flags.signKey }),
    ...(typeof flags.frozen === 'boolean' && { frozen: flags.frozen }),
    ...(platforms.length > 0 && { platforms: [...new Set(platforms)].sort() }),
  };
}

export function parsePlatform(text: string): Platform {
  const platform = ALL_PLATFORMS.find((known) => known === text);
  if (platform) return platform;
  throw new Failure(`--platform ${text}: wanted ${ALL_PLATFORMS.join(' or ')}`, {
    code: 'usage/platform',
    exit: EXIT.usage,
    mend: `For instance --platform ${ALL_PLATFORMS[0]}.`,
  });
}

function nothingToSign(): Failure {
  return new Failure('--sign-key without --push: a signature lies beside an image in a registry', {
    code: 'usage/sign',
    exit: EXIT.usage,
    mend: 'Add --push HOST/PATH:TAG.',
  });
}

function listOf(value: Flags[string]): readonly string[] {
  return Array.isArray(value) ? value : [];
}
