import { formatByteSize } from '../nouns/byte-size.ts';
import { renderReference } from '../nouns/reference.ts';
import { shellWord } from '../nouns/shell-word.ts';
import { imageBytes } from '../recipes/image-budget.ts';
import { renderFindings } from '../report/findings-text.ts';
import { memoryLine } from '../report/memory-words.ts';
import type { Door } from './command.ts';
import type { Packaged, PackageOptions } from './package.ts';

export interface Telling {
  /** As the user wrote it. */
  readonly path: string;
  readonly options: PackageOptions;
  readonly door: Door;
}

/** Says how packaging came out: findings and what to do next to people, the reference with its digest to machines. */
export function tellPackaged(packaged: Packaged, { path, options, door }: Telling): void {
  tellFindings(packaged, door);
  if (packaged.verdict !== 'pass') return;
  const { project, pushed } = packaged;
  for (const image of packaged.index.images) door.tell(`${image.platform}  ${formatByteSize(imageBytes(image))}`);
  const { memory } = packaged.planned;
  if (memory !== null) door.tell(`memory  ${memoryLine(memory)}`);
  const name = pushed ? renderReference(pushed.reference) : `${project.name}:latest`;
  const inEngine = options.load || pushed;
  door.tell(
    `run it: ${inEngine ? `docker run --rm -p 8080:8080 -p 8081:8081 ${shellWord(name)}` : `plimsoll run ${shellWord(path)}`}`,
  );
  door.print(pushed ? name : `${project.name}@${packaged.index.digest}`);
}

/** Says what a person should know of the findings; notes are left to lint. */
export function tellFindings(
  { findings, project, verdict }: Pick<Packaged, 'findings' | 'project' | 'verdict'>,
  door: Door,
): void {
  const shown = findings.filter((finding) => finding.severity !== 'note');
  const out = verdict === 'pass' ? door.tell : door.alert;
  if (door.json && verdict !== 'pass') {
    out(JSON.stringify({ verdict, findings }));
    return;
  }
  if (shown.length > 0) out(renderFindings(shown, { colour: door.colour, screenColumns: door.errorColumns }).trimEnd());
  if (verdict !== 'pass') out(`${project.name} is not fit to ship: ${verdict}`);
}
