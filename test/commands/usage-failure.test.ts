import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { allSpecs } from '../../src/commands/commands.ts';

describe('What is wrong with a command line', function () {
  this.timeout(60_000);
  const rows: readonly { readonly args: readonly string[]; readonly code: string; readonly says: RegExp }[] = [
    { args: ['pakage'], code: 'usage/command', says: /Did you mean package\?/ },
    { args: ['qqqqqqq'], code: 'usage/command', says: /plimsoll --help shows what there is/ },
    { args: ['lint', '--formta=json'], code: 'usage/option', says: /Did you mean --format\?/ },
    { args: ['lint', '--format', 'jsn'], code: 'usage/choice', says: /Did you mean json\?/ },
    { args: ['lint', '--format'], code: 'usage/value', says: /--format <format> wants a value/ },
    { args: ['diff', 'a.onnx'], code: 'usage/argument', says: /wants new/ },
    { args: ['lint', 'my', 'model.onnx'], code: 'usage/argument', says: /takes 1 argument, and got 2/ },
    { args: ['run', '--engine', 'dokcer'], code: 'usage/choice', says: /Did you mean docker\?/ },
    { args: ['lint', 'exmaples'], code: 'project/missing', says: /exmaples does not exist; did you mean examples\?/ },
    { args: ['init', 'exmaples'], code: 'init/no-model', says: /exmaples does not exist; did you mean examples\?/ },
    { args: ['lint', 'nowhere'], code: 'project/missing', says: /nowhere does not exist/ },
  ];
  for (const { args, code, says } of rows) {
    it(`is told with its mend, to people and to machines: ${args.join(' ')}`, () => {
      const text = plimsoll(args);
      assert.deepEqual([text.status, text.stdout], [2, '']);
      assert.match(text.stderr, /^error: .+\n {2}.+\[[a-z/-]+\]\n$/);
      assert.match(text.stderr, says);
      const { status, stderr } = plimsoll([...args.slice(0, 1), '--json', ...args.slice(1)]);
      const { error } = JSON.parse(stderr);
      assert.deepEqual([status, error.code, error.exit, error.cause], [2, code, 2, null]);
    });
  }

  it('shows the help where there is no command, and says how to start', () => {
    const { status, stderr } = plimsoll([]);
    assert.equal(status, 2);
    assert.match(stderr, /Start with: plimsoll init model\.onnx/);
  });

  it('gives results as JSON for --json', () => {
    const { schema } = JSON.parse(plimsoll(['inspect', 'examples/sklearn', '--json']).stdout);
    assert.equal(schema, 'plimsoll.inspect/1');
  });
});

describe('The table of commands', () => {
  it('has examples for each that begin with a program, and flags that exist', async () => {
    const specs = await allSpecs();
    for (const { name, examples, options } of specs) {
      assert.ok(examples.length > 0, name);
      const known = options.flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
      const own = examples.filter((example) => example.includes(`plimsoll ${name}`));
      assert.ok(own.length > 0, name);
      for (const flag of own.flatMap((example) => example.match(/(?<= )--?[a-z][a-z-]*/g) ?? []))
        assert.ok(known.includes(flag), `${name} ${flag}`);
    }
  });
});

function plimsoll(args: readonly string[]) {
  const { CI: _, ...env } = process.env;
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    encoding: 'utf8',
    env,
    timeout: 60_000,
  });
}
