import type { Reference } from '../../nouns/reference.ts';
import type { Call } from './registry.ts';

export type BlobCall = Pick<Call, 'repository' | 'scopes' | 'action' | 'what' | 'target'>;

/** What all writing calls have in common. */
export function pushing({ repository }: Reference): Pick<Call, 'repository' | 'scopes' | 'action'> {
  return { repository, scopes: [`repository:${repository}:pull,push`], action: 'push' };
}
