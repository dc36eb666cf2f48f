import { loadDocuments } from '../container/documents/documents.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Workbench } from './workbench.ts';

/** Begins what every image needs in the end: layers that are locked are held against their digests, and the documents' library is loaded. */
export function readyLayers(lock: Lock | undefined, { cache }: Pick<Workbench, 'cache'>): void {
  const layers = Object.values(lock?.layers.platforms ?? {}).flat();
  const below = layers.filter(({ name }) => name !== 'model');
  const begun = [loadDocuments(), ...below.map(({ digest }) => cache.find(digest))];
  // What does not succeed is done again by whoever needs it, and told there.
  for (const work of begun) work.catch(() => {});
}
