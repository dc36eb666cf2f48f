import { mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { SILENT } from '../../src/nouns/progress.ts';
import { fitProject } from '../../src/recipes/fit-project.ts';
import { layOutServer } from '../../src/recipes/local-server.ts';
import { readServerBundle } from '../../src/recipes/server-bundle.ts';
import { openWorkbench } from '../../src/recipes/workbench.ts';

/** Packages a project as far as its server: the bundle, the runtime, the plan and the prepared model, in a folder. Gives the main file. */
export async function layOut(project: string, folder: string): Promise<string> {
  const bench = await openWorkbench({
    machine: {
      env: process.env,
      platform: process.platform,
      cpu: process.arch,
      home: homedir(),
      workingFolder: process.cwd(),
      now: () => new Date(),
    },
    progress: SILENT,
  });
  try {
    const fit = await fitProject(project, bench);
    if (fit.verdict !== 'pass') throw new Error(`${project}: ${fit.verdict}: ${JSON.stringify(fit.findings)}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return await layOutServer(folder, { fit, server: await readServerBundle() }, bench);
  } finally {
    await bench.close();
  }
}
