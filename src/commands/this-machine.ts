import { homedir } from 'node:os';
import type { Machine } from '../nouns/machine.ts';

/** The machine that this process runs on: the one place where its globals are read. */
export function thisMachine(): Machine {
  return {
    env: process.env,
    platform: process.platform,
    cpu: process.arch,
    home: homedir(),
    workingFolder: process.cwd(),
    now: () => new Date(),
  };
}
