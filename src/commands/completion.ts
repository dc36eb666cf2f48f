import { EXIT, Failure } from '../nouns/failure.ts';
import { nearest } from '../nouns/nearest.ts';
import type { CommandSpec } from './command.ts';
import { allSpecs } from './commands.ts';
import { bashCompletion } from './completion/bash.ts';
import { completionTable } from './completion/completion-table.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
const NAMES = Object.keys(SHELLS) as readonly (keyof typeof SHELLS)[];

export const completionCommand: CommandSpec = {
  name: 'completion',
  summary: 'write what a shell needs to complete commands, flags and their values',
  argument: { name: 'shell', description: 'which one', choices: NAMES },
  options: [],
  examples: [
    'source <(plimsoll completion bash)',
    'plimsoll completion zsh > ~/.zfunc/_plimsoll',
    'plimsoll completion fish > ~/.config/fish/completions/plimsoll.fish',
  ],
  async run(name, _, door) {
    const shell = NAMES.find((known) => known === name);
    if (shell === undefined) throw unknownShell(name);
    door.print(SHELLS[shell](completionTable(await allSpecs())).trimEnd());
    return EXIT.passed;
  },
};

function unknownShell(name: string): Failure {
  const near = nearest(name, NAMES);
  return new Failure(`there is no completion for ${JSON.stringify(name)}; wanted ${NAMES.join(', ')}`, {
    code: 'usage/shell',
    exit: EXIT.usage,
    mend: near === undefined ? 'For instance plimsoll completion bash.' : `Did you mean ${near}?`,
  });
}
