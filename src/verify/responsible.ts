import type { Owners } from '../nouns/verify-settings.ts';
import type { Told } from './tell-cause.ts';

/** Who answers for a failure: the model's owner for what the model does, the system's for all around it. */
export function responsibleFor(
  { owner, cause }: Pick<Told, 'owner' | 'cause'>,
  { system, model }: Owners,
): string | null {
  if (owner === 'inconclusive') return null;
  const isModel = owner === 'statistical' || (owner === 'numeric' && (cause === 'model' || cause === null));
  return (isModel ? model : system) ?? null;
}
