import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allSpecs } from '../../src/commands/commands.ts';
import { completionCommand } from '../../src/commands/completion.ts';
import type { Failure } from '../../src/nouns/failure.ts';
import { testDoor } from './door.ts';

/** What is offered for a command line whose last word is being typed, by the shell itself. */
const SHELLS: Readonly<
  Record<string, (script: string, words: readonly string[], folder: string) => readonly string[]>
> = {
  bash(script, words, folder) {
    const probe = `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _plimsoll; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return linesOf(execFileSync('bash', ['--norc', '-c', probe, 'bash', ...words], { encoding: 'utf8', cwd: folder }));
  },
  zsh(script, words, folder) {
    // A terminal within: types the line, asks for completion, and keeps all that the completion system was offered.
    const typed = words.join(' ');
    const kept = join(folder, 'offered.txt');
    writeFileSync(kept, '');
    writeFileSync(
      join(folder, 'inner.zsh'),
      `PS1=; autoload -Uz compinit; compinit -u -D; source ${script}
       compadd() { local -a offered; builtin compadd -A offered "$@"; print -rl -- $offered >> ${kept}; builtin compadd "$@" }
       ask() { BUFFER=${JSON.stringify(typed)}; CURSOR=$#BUFFER; zle complete-word; print done >> ${kept}; zle send-break }
       zle -N ask; bindkey '^X' ask; print READY\n`,
    );
    const outer = `zmodload zsh/zpty; zpty inner "TERM=dumb zsh -f -i"; zpty -w inner "cd ${folder}; source ${folder}/inner.zsh"
      zpty -r inner seen '*READY*'; zpty -w -n inner $'\\C-X'
      for i in {1..600}; do grep -q '^done$' ${kept} && break; sleep 0.05; done; zpty -d inner`;
    execFileSync('zsh', ['-f', '-c', outer], { cwd: folder, stdio: 'ignore', timeout: 60_000 });
    return linesOf(execFileSync('cat', [kept], { encoding: 'utf8' })).filter((line) => line !== 'done');
  },
  fish(script, words, folder) {
    const probe = `source ${script}; complete -C '${words.join(' ')}'`;
    const home = { HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env.PATH };
    const offered = execFileSync('fish', ['--no-config', '-c', probe], { encoding: 'utf8', cwd: folder, env: home });
    return linesOf(offered).map((line) => line.split('\t')[0] ?? '');
  },
};

const ROWS: readonly {
  readonly words: readonly string[];
  readonly wanted: readonly string[];
  readonly not?: string;
}[] = [
  { words: ['li'], wanted: ['lint'], not: 'package' },
  { words: ['lint', '--fail'], wanted: ['--fail-on'], not: '--push' },
  { words: ['lint', '--format', 's'], wanted: ['sarif'], not: 'html' },
  { words: ['package', '--platform', 'linux/a'], wanted: ['linux/amd64', 'linux/arm64'] },
  { words: ['lint', 'mod'], wanted: ['model.onnx'] },
  { words: ['lint', '--output', 'mod'], wanted: ['model.onnx'] },
  { words: ['cache', 'p'], wanted: ['prune'], not: 'model.onnx' },
  { words: ['completion', 'z'], wanted: ['zsh'], not: 'bash' },
  { words: ['inspect', '--js'], wanted: ['--json'] },
];

describe('plimsoll completion', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-completion-'));
  before(async () => {
    writeFileSync(join(folder, 'model.onnx'), '');
    mkdirSync(join(folder, 'other'));
    for (const shell of Object.keys(SHELLS)) {
      const door = testDoor();
      assert.equal(await completionCommand.run(shell, {}, door), 0);
      writeFileSync(join(folder, `script.${shell}`), `${door.printed.join('\n')}\n`);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const [shell, offered] of Object.entries(SHELLS)) {
    describe(`for ${shell}`, () => {
      before(function () {
        if (spawnSync(shell, ['--version']).status !== 0) this.skip();
      });
      for (const { words, wanted, not } of ROWS) {
        it(`offers ${wanted.join(' and ')} for "plimsoll ${words.join(' ')}"`, () => {
          const found = offered(join(folder, `script.${shell}`), ['plimsoll', ...words], folder);
          assert.deepEqual(
            [wanted.filter((word) => !found.includes(word)), not !== undefined && found.includes(not)],
            [[], false],
          );
        });
      }
      it('offers every command, and all of its flags', async () => {
        const script = join(folder, `script.${shell}`);
        const specs = await allSpecs();
        const commands = offered(script, ['plimsoll', ''], folder);
        assert.deepEqual(
          specs.map(({ name }) => name).filter((name) => !commands.includes(name)),
          [],
        );
        const { options = [] } = specs.find(({ name }) => name === 'package') ?? {};
        const flags = offered(script, ['plimsoll', 'package', '--'], folder);
        const missing = options
          .map((option) => /--[\w-]+/.exec(option.flags)?.[0] ?? '')
          .filter((flag) => !flags.includes(flag));
        assert.deepEqual(missing, []);
      });
    });
  }

  it('refuses a shell that it does not know, with the one that was meant', async () => {
    await assert.rejects(completionCommand.run('bsh', {}, testDoor()), (error: Failure) => /bash/.test(error.mend));
  });
});

function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line !== '');
}
