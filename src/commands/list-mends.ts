import { EXIT, type ExitCode } from '../nouns/failure.ts';
import { TOOL } from '../nouns/tool.ts';
import { readModel } from '../onnx/read-model.ts';
import type { Project } from '../project/read-project.ts';
import { type Cell, renderPage } from '../report/text-page.ts';
import type { Mend } from '../validate/fix/mend.ts';
import type { Door } from './command.ts';
import { pageOptionsOf } from './page-options.ts';

interface ListOptions {
  readonly mends: readonly Mend[];
  readonly externalBytes: number;
  readonly format: 'text' | 'json';
  readonly door: Door;
}

/** Shows each mend and what it would do to the project's model by itself; nothing is run or written. */
export function listMends({ modelPath }: Project, { mends, externalBytes, format, door }: ListOptions): ExitCode {
  const model = readModel(modelPath);
  const rows = mends.map((mend) => {
    const { changes, left } = mend.apply(model, { externalBytes });
    return {
      rule: mend.rule,
      title: mend.title,
      onlyWhenAsked: mend.isOnlyWhenAsked === true,
      changes,
      left: left ?? null,
    };
  });
  if (format === 'json') {
    const { name, version } = TOOL;
    door.print(JSON.stringify({ schema: 'plimsoll.mends/1', tool: { name, version }, mends: rows }, null, 2));
    return EXIT.passed;
  }
  const sections = rows.map(({ rule, title, onlyWhenAsked, changes, left }) => ({
    title: rule,
    detail: onlyWhenAsked ? `${title} (only when asked with --only)` : title,
    rows: [...changes, ...(left === null ? [] : [left])].map((text): readonly Cell[] => [text]),
    isWrapped: true,
  }));
  door.print(renderPage(sections, pageOptionsOf(door)).trimEnd());
  return EXIT.passed;
}
