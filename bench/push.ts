import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageModel } from '../src/commands/package.ts';
import { thisMachine } from '../src/commands/this-machine.ts';
import { pushIndex } from '../src/container/registry/push-index.ts';
import { SILENT } from '../src/nouns/progress.ts';
import { parseReference } from '../src/nouns/reference.ts';
import { openWorkbench } from '../src/recipes/workbench.ts';
import { startRealRegistry } from '../test/container/registry/real-registry.ts';
import { argument, median, spread } from './figures.ts';
import { writeLargeModel } from './large-model.ts';

/**
 * How long it takes to push an image of which only the model changed, as a ratio to `skopeo copy` of the same bytes to the same registry,
 * and how many bytes go out. Usage: npx tsx bench/push.ts [--bytes N] [--rounds N]
 */
const bytes = Number(argument('bytes') ?? 285e6);
const rounds = Number(argument('rounds') ?? 5);
const place = mkdtempSync(join(tmpdir(), 'plimsoll-push-'));
const project = join(place, 'project');
const layout = join(place, 'layout');
mkdirSync(project);
writeFileSync(
  join(project, 'plimsoll.yaml'),
  'name: bench\nmodel: model.onnx\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n',
);
const registry = await startRealRegistry();
const machine = thisMachine();
const bench = await openWorkbench({ machine, progress: SILENT });

try {
  const rows: { readonly ours: number; readonly theirs: number; readonly uploaded: number; readonly model: number }[] =
    [];
  // The first round puts there what does not change afterwards, and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    await writeLargeModel(join(project, 'model.onnx'), { bytes, seed: round + 1 });
    const packaged = await packageModel(project, { sinks: [{ kind: 'oci', path: layout }], frozen: false }, bench);
    if (packaged.verdict !== 'pass') throw new Error(`the model does not pass: ${packaged.verdict}`);
    const { index } = packaged;
    const pushOurs = async () => {
      const reference = parseReference(`${registry.name}/ours/bench:1`);
      return (await pushIndex(index, { reference, attachments: [], machine }, bench)).uploadedBytes;
    };
    const pushTheirs = async () => {
      const target = `docker://${registry.name}/theirs/bench:1`;
      const source = `oci:${layout}:bench:latest`;
      execFileSync('skopeo', ['copy', '-q', '--all', '--preserve-digests', '--dest-tls-verify=false', source, target]);
      return 0;
    };
    // Turn about, so that neither always finds the disk as the other left it.
    const order = round % 2 === 0 ? [pushOurs, pushTheirs] : [pushTheirs, pushOurs];
    const seconds = new Map<unknown, number>();
    let uploaded = 0;
    for (const push of order) {
      const begun = performance.now();
      uploaded += await push();
      seconds.set(push, (performance.now() - begun) / 1000);
    }
    const row = {
      ours: seconds.get(pushOurs) ?? 0,
      theirs: seconds.get(pushTheirs) ?? 0,
      uploaded,
      model: index.images[0]?.layers.at(-1)?.size ?? 0,
    };
    console.log(
      `${round === 0 ? 'first' : `round ${round}`}: ours ${row.ours.toFixed(2)} s, skopeo copy ${row.theirs.toFixed(2)} s, ` +
        `${row.uploaded} bytes out, of which ${row.uploaded - row.model} are not the model's layer`,
    );
    if (round > 0) rows.push(row);
  }
  const ratios = rows.map(({ ours, theirs }) => ours / theirs);
  console.log(
    `medians of ${rounds}: ours ${median(rows.map(({ ours }) => ours)).toFixed(2)} s, skopeo copy ${median(rows.map(({ theirs }) => theirs)).toFixed(2)} s`,
  );
  console.log(`ratio ${median(ratios).toFixed(2)} (${spread(ratios)})`);
} finally {
  await bench.close();
  await registry.close();
  rmSync(place, { recursive: true, force: true });
}
