import { argv, exit } from 'node:process';
import type { Case, CaseTensor } from '../schemas/case.ts';
import { readCases } from '../src/validate/cases/read-cases.ts';

/** replay-cases ADDRESS NAME FOLDER [COUNT]: sends cases to a running server and holds its answers against theirs. */
const [address = '', name = '', folder = '', count = 'all'] = argv.slice(2);
const cases = await readCases(folder, () => {
  throw new TypeError('cases to send are JSON');
});
const chosen = count === 'all' ? cases : cases.slice(0, Number(count));

let rows = 0;
let largest = 0;
const wrong: string[] = [];
for (const one of chosen) {
  const answer = await fetch(`${address}/v2/models/${name}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: one.name, inputs: one.inputs }),
  });
  const body = (await answer.json()) as { error?: string; outputs?: readonly CaseTensor[] };
  if (answer.status !== 200) wrong.push(`${one.name}: ${answer.status} ${body.error}`);
  else compare(one, body.outputs ?? []);
  rows += one.inputs[0]?.shape[0] ?? 1;
}
console.log(
  `${chosen.length} cases, ${rows} rows, largest difference ${largest.toExponential(2)}, ${wrong.length} wrong`,
);
for (const line of wrong.slice(0, 20)) console.log(line);
exit(wrong.length === 0 && chosen.length > 0 ? 0 : 1);

function compare(one: Case, outputs: readonly CaseTensor[]): void {
  for (const wanted of one.outputs) {
    const found = outputs.find((output) => output.name === wanted.name);
    if (!found || found.datatype !== wanted.datatype || found.shape.join() !== wanted.shape.join()) {
      wrong.push(
        `${one.name}: ${wanted.name}: wanted ${wanted.datatype}[${wanted.shape}], found ${found?.datatype}[${found?.shape}]`,
      );
      continue;
    }
    const { absolute = 0, relative = 0 } = one.tolerance?.[wanted.name] ?? {};
    wanted.data.forEach((value, index) => {
      const other = found.data[index];
      const difference =
        typeof value === 'number' ? Math.abs(value - Number(other)) : value === other ? 0 : Number.POSITIVE_INFINITY;
      if (typeof value === 'number') largest = Math.max(largest, difference);
      const tolerance = absolute + relative * Math.abs(Number(value));
      if (!(typeof value === 'number' ? difference <= tolerance : difference === 0))
        wrong.push(`${one.name}: ${wanted.name}[${index}]: wanted ${value}, found ${other}`);
    });
  }
}
