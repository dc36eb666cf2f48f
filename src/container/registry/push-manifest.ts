import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Reference, renderReference } from '../../nouns/reference.ts';
import type { Document } from '../image/compose.ts';
import { digestHeader, findManifest, MANIFEST_TYPES } from './pull.ts';
import { pushing } from './pushing.ts';
import type { Registry } from './registry.ts';

export interface ManifestOutcome {
  readonly sent: boolean;
  /** Whether the registry says that it lists this document with its subject. */
  readonly listed: boolean;
}

/**
 * Puts a document under its digest, or under a tag where the reference has one; nothing is sent where the registry has exactly this
 * there. All that the document names has to be there before. Throws `registry/…` and `network/…` Failures.
 */
export async function pushManifest(
  document: Document,
  { reference, registry }: { readonly reference: Reference; readonly registry: Registry },
): Promise<ManifestOutcome> {
  const { repository, tag } = reference;
  const key = tag ?? document.digest;
  const named = { ...reference, ...(tag === undefined && { digest: document.digest }) };
  const call = {
    ...pushing(reference),
    target: `/v2/${repository}/manifests/${key}`,
    what: renderReference(named),
    headers: { 'content-type': document.mediaType },
  };
  if (await isThere(document, { call, registry })) return { sent: false, listed: false };
  const put = { ...call, method: 'PUT' as const, body: () => document.bytes, statuses: [201, 200, 204] };
  return registry.call(put, async (answer) => {
    const found = digestHeader(answer);
    if (found !== undefined && found !== document.digest) throw otherwise(call.what, found);
    return { sent: true, listed: answer.headers['oci-subject'] !== undefined };
  });
}

/** Asks whether a tag leads to this document now. Throws `registry/tag-moved` where it does not. */
export async function assertTag(
  document: Document,
  { reference, registry }: { readonly reference: Reference; readonly registry: Registry },
): Promise<void> {
  const { digest: _, ...tagged } = reference;
  const found = (await findManifest(tagged, registry))?.digest;
  if (found === document.digest) return;
  throw new Failure(
    `${renderReference(tagged)} was pushed as ${document.digest}, and the registry now has ${found ?? 'nothing'} there`,
    {
      code: 'registry/tag-moved',
      exit: EXIT.usage,
      mend: 'Another push may have come after this one; where it should not, push again.',
    },
  );
}

async function isThere(
  { digest }: Document,
  {
    call,
    registry,
  }: { readonly call: ReturnType<typeof pushing> & { target: string; what: string }; readonly registry: Registry },
): Promise<boolean> {
  const head = {
    ...call,
    method: 'HEAD' as const,
    headers: { accept: MANIFEST_TYPES.join(', ') },
    statuses: [200, 404],
  };
  return registry.call(head, async (answer) => {
    if (answer.status === 404) return false;
    // By digest it can be nothing else; by tag the registry has to say so.
    return digestHeader(answer) === digest || call.target.endsWith(digest);
  });
}

function otherwise(what: string, found: string): Failure {
  return new Failure(`cannot push ${what}: the registry has it under the digest ${found}`, {
    code: 'registry/wrong-digest',
    exit: EXIT.usage,
    mend: 'The registry or something on the way changed it; push to another one, or ask whoever runs it.',
  });
}
