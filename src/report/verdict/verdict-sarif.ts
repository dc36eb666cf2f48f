import type { ImageVerdict, VerdictFailure } from '../../nouns/verdict.ts';
import { renderSarifLog, uriOf } from '../sarif-log.ts';
import type { VerdictRenderOptions } from './render-verdict.ts';
import { failureText } from './verdict-junit.ts';
import { OWNER_WORDS } from './verdict-words.ts';

/** Failures as alerts of a code host, at the lock, which is what the image was made from. */
export function renderVerdictSarif(verdict: ImageVerdict, { folder, file }: VerdictRenderOptions): string {
  const ids = [...new Set(verdict.failures.map(idOf))].sort();
  const uri = file === undefined ? 'plimsoll.lock' : uriOf(file, folder);
  return renderSarifLog({
    tool: verdict.tool,
    rules: ids.map((id) => ({
      id,
      shortDescription: { text: OWNER_WORDS[id.split('/')[1] as VerdictFailure['owner']] },
    })),
    results: verdict.failures.map((failure) => ({
      ruleId: idOf(failure),
      ruleIndex: ids.indexOf(idOf(failure)),
      level: failure.owner === 'inconclusive' ? 'warning' : 'error',
      message: { text: failureText(failure) },
      // Hosts that show text want a line; an image has none, so it is the first.
      locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 1 } } }],
      properties: { owner: failure.owner, cause: failure.cause, responsible: failure.responsible },
    })),
    properties: { verdict: verdict.verdict, image: verdict.image },
  });
}

function idOf({ owner, what }: VerdictFailure): string {
  return `verify/${owner}/${what}`;
}
