import type { HeldIndex } from '../../container/held/held-index.ts';
import { composeArtifact, documentOf } from '../../container/registry/artifact.ts';
import { pushArtifact } from '../../container/registry/push-artifact.ts';
import { openRegistry } from '../../container/registry/registry.ts';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { isImagePlace } from '../../nouns/image-place.ts';
import { atDigest, parseReference, type Reference, renderReference } from '../../nouns/reference.ts';
import { type ImageVerdict, withoutReplicates } from '../../nouns/verdict.ts';
import type { Workbench } from '../workbench.ts';

/** What a verdict is in a registry, where it hangs on the image that it is about. */
export const VERDICT_MEDIA_TYPE = 'application/vnd.plimsoll.verdict.v1+json';

/**
 * Hangs a verdict on an image in a registry, as a referrer by the OCI distribution specification 1.1. Throws `verify/not-in-registry` for an image that
 * is in none, and `registry/…` Failures.
 */
export async function attachVerdict(
  verdict: ImageVerdict,
  { index, named }: { readonly index: HeldIndex; readonly named: string },
  bench: Workbench,
): Promise<string> {
  const reference = registryReference(named);
  const subject = index.document;
  if (subject === undefined) throw notInRegistry(named);
  const registry = openRegistry(reference.registry, bench);
  try {
    const content = documentOf(VERDICT_MEDIA_TYPE, canonicalJson(withoutReplicates(verdict) as unknown as Json));
    const artifact = composeArtifact({
      artifactType: VERDICT_MEDIA_TYPE,
      subject: { mediaType: mediaTypeOf(subject.json), digest: subject.digest, size: subject.bytes.length },
      content,
      annotations: { 'plimsoll.verdict': verdict.verdict },
    });
    await pushArtifact(artifact, {
      subject: subject.digest,
      push: { reference, registry, cache: bench.cache, onBytes: () => {} },
    });
    return renderReference(atDigest(reference, artifact.manifest.digest));
  } finally {
    await registry.close();
  }
}

/** @throws Failure `verify/not-in-registry` for what names a file, a folder or an image of an engine. */
export function registryReference(named: string): Reference {
  if (isImagePlace(named)) throw notInRegistry(named);
  return parseReference(named);
}

function mediaTypeOf(json: unknown): string {
  const { mediaType } = json as { mediaType?: unknown };
  return typeof mediaType === 'string' ? mediaType : 'application/vnd.oci.image.index.v1+json';
}

function notInRegistry(named: string): Failure {
  return new Failure(`--attach: ${named} is in no registry`, {
    code: 'verify/not-in-registry',
    exit: EXIT.usage,
    mend: 'Push it with plimsoll package --push, and verify it there: plimsoll verify HOST/PATH@DIGEST --project . --attach.',
  });
}
