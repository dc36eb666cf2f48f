import { shellWord } from '../../nouns/shell-word.ts';
import { MENDS } from './mends.ts';

/** The command that mends the findings of a rule in the model at `path`; `undefined` where no mend is known to be safe. */
export function mendCommand(rule: string, path: string): string | undefined {
  if (!MENDS.some((mend) => mend.rule === rule)) return undefined;
  return `plimsoll fix ${shellWord(path)} -o ${shellWord(path.replace(/(\.onnx)?$/i, '.fixed.onnx'))} --only ${rule}`;
}
