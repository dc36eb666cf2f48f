import { MENDS } from './mends.ts';

/** The command that mends the findings of a rule in the model at `path`; `undefined` where no mend is known to be safe. */
export function mendCommand(rule: string, path: string): string | undefined {
  if (!MENDS.some((mend) => mend.rule === rule)) return undefined;
  return `plimsoll fix ${quoted(path)} -o ${quoted(path.replace(/(\.onnx)?$/i, '.fixed.onnx'))} --only ${rule}`;
}

/** As a POSIX shell reads it back. */
function quoted(path: string): string {
  return /^[\w./@%+:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
