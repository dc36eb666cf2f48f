import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModel } from '../src/onnx/read-model.ts';
import { planMemory } from '../src/validate/memory/plan-memory.ts';
import { argument, median } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * Reading and planning a model of a gigabyte, both profiles, in a fresh process each time: seconds, and the most that it had resident,
 * with what this program's loader takes. Usage: tsx bench/plan-large.ts [--bytes N] [--rounds N]
 */
const child = argument('plan');
if (child === undefined) await compare();
else plan(child);

async function compare(): Promise<void> {
  const bytes = Number(argument('bytes') ?? 1e9);
  const place = mkdtempSync(join(tmpdir(), 'plimsoll-bench-'));
  try {
    const path = join(place, 'large.onnx');
    await writeLargeModel(path, { bytes, seed: 1 });
    const command = [...process.execArgv, process.argv[1] ?? '', '--plan', path];
    const rows = Array.from({ length: Number(argument('rounds') ?? 5) }, () => {
      const { stdout } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      return JSON.parse(stdout) as { seconds: number; residentMiB: number };
    });
    const [seconds, residentMiB] = [rows.map((row) => row.seconds), rows.map((row) => row.residentMiB)].map(median);
    console.log(`${(bytes / 1e9).toFixed(1)} GB: ${seconds?.toFixed(2)} s, ${residentMiB?.toFixed(0)} MiB resident`);
  } finally {
    rmSync(place, { recursive: true });
  }
}

function plan(path: string): void {
  const began = performance.now();
  const model = readModel(path);
  for (const profile of ['lean', 'fast'] as const) planMemory({ model, profile, bounds: new Map([['batch', 8]]) });
  const seconds = (performance.now() - began) / 1000;
  console.log(JSON.stringify({ seconds, residentMiB: ownPeakKib() / 1024 }));
}

/** Since this program began: what `getrusage` tells goes back to the process that started it. */
function ownPeakKib(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
