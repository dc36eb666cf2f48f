import { createInterface } from 'node:readline/promises';
import { SILENT } from '../nouns/progress.ts';
import type { Door } from './command.ts';
import type { Globals } from './global-options.ts';
import { FEWEST_COLUMNS, mayColour } from './page-options.ts';
import { progressOn } from './progress.ts';
import { thisMachine } from './this-machine.ts';

/** The ways in and out of this process, as much of them as is wanted. */
export function openDoor({ quiet, verbose, json }: Globals, signal: AbortSignal): Door {
  const { stdin, stdout, stderr } = process;
  const machine = thisMachine();
  const isSilent = quiet || json;
  const alert = (line: string) => void stderr.write(`${line}\n`);
  return {
    machine,
    progress: isSilent ? SILENT : progressOn(stderr, { env: machine.env, verbose }),
    print: (line) => void stdout.write(`${line}\n`),
    tell: isSilent ? () => {} : alert,
    alert,
    verbose: verbose || machine.env.PLIMSOLL_DEBUG !== undefined,
    json,
    colour: stderr.isTTY === true && mayColour(machine.env),
    signal,
    ...(stdout.isTTY && { columns: stdout.columns }),
    ...(stderr.isTTY && { errorColumns: Math.max(FEWEST_COLUMNS, stderr.columns) }),
    ...(stdin.isTTY && stderr.isTTY && !isSilent && { ask: (question: string) => askTerminal(question, signal) }),
  };
}

async function askTerminal(question: string, signal: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  // Ctrl-C at a question is meant for the program, as it is anywhere else.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await Promise.race([terminal.question(question, { signal }), closed]);
  } finally {
    terminal.close();
  }
}
