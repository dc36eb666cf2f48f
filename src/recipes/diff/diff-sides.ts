import type { Difference } from '../../nouns/difference.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Lock } from '../../nouns/lock.ts';
import { lockChanges } from '../../nouns/lock-change.ts';
import { diffModels } from '../../validate/summary/diff-models.ts';
import { readCarriedLock } from '../carried-lock.ts';
import { diffImages } from './diff-images.ts';
import { diffReports } from './diff-reports.ts';
import { diffVerdicts } from './diff-verdicts.ts';
import { kindText, type Side } from './open-side.ts';

/**
 * What changed from one side to another of its kind; a lock beside an image is held against the one that the image carries.
 * @throws Failure `diff/kinds`, `image/no-lock`.
 */
export function diffSides(before: Side, after: Side): Difference {
  if (before.kind === 'model' && after.kind === 'model')
    return { kind: 'model', ...diffModels(before.model, after.model) };
  if (before.kind === 'report' && after.kind === 'report') return diffReports(before.report, after.report);
  if (before.kind === 'verdict' && after.kind === 'verdict') return diffVerdicts(before.verdict, after.verdict);
  if (before.kind === 'image' && after.kind === 'image')
    return diffImages(before.image, after.image, { from: before.verdict, to: after.verdict });
  const [old, now] = [lockOf(before), lockOf(after)];
  if (!old || !now) throw unlike(before, after);
  const changes = lockChanges(old, now);
  return { kind: 'lock', same: changes.length === 0, breaking: false, changes };
}

function lockOf(side: Side): Lock | undefined {
  if (side.kind === 'lock') return side.lock;
  return side.kind === 'image' ? readCarriedLock(side.image).lock : undefined;
}

function unlike(before: Side, after: Side): Failure {
  return new Failure(`${before.name} is ${kindText(before.kind)}, and ${after.name} is ${kindText(after.kind)}`, {
    code: 'diff/kinds',
    exit: EXIT.usage,
    mend: 'Name two models, two reports, two verdicts, two images, or two locks; an image counts as its lock beside a lock.',
  });
}
