import { EXIT, Failure } from '../../nouns/failure.ts';

/** What is said of an image that cannot be built upon, with all reasons at once. */
export function unfitBase(name: string, reasons: readonly string[]): Failure {
  const [only] = reasons;
  const why = reasons.length === 1 ? ` ${only}` : ['', ...reasons.map((reason) => `  ${reason}`)].join('\n');
  return new Failure(`${name} cannot be the base:${why}`, {
    code: 'base/unfit',
    exit: EXIT.usage,
    mend: 'Name another image at the key "base" of plimsoll.yaml, or leave the key out; docs/base.md says what a base needs.',
  });
}
