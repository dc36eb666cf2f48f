import type { CommandHealth, Facility, MachineHealth } from '../nouns/machine-health.ts';
import { type Cell, type PageOptions, renderPage } from './text-page.ts';

/** What a machine has and lacks, and what each command can do on it. */
export function renderMachine({ facilities, commands }: MachineHealth, options: PageOptions): string {
  return renderPage(
    [
      { title: 'This machine', rows: facilities.flatMap(facilityRows), flexible: 2, isWrapped: true },
      { title: 'What can be done here', rows: commands.map(commandRow), flexible: 2, isWrapped: true },
    ],
    options,
  );
}

function facilityRows({ name, state, detail, mend }: Facility): readonly (readonly Cell[])[] {
  const mark: Cell = state === 'there' ? { text: '✓', style: 'green' } : { text: '✕', style: 'red' };
  return [[mark, name, detail], ...(mend === null ? [] : [['', '', mend]])];
}

function commandRow({ command, state, detail }: CommandHealth): readonly Cell[] {
  const mark: Cell =
    state === 'works'
      ? { text: '✓', style: 'green' }
      : state === 'partly'
        ? { text: '~', style: 'yellow' }
        : { text: '✕', style: 'red' };
  return [mark, command, detail];
}
