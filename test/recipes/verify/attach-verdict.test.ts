import assert from 'node:assert/strict';
import type { HeldIndex } from '../../../src/container/held/held-index.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { attachVerdict, registryReference, VERDICT_MEDIA_TYPE } from '../../../src/recipes/verify/attach-verdict.ts';
import { type FakeRegistry, startFakeRegistry } from '../../container/registry/fake-registry.ts';
import { isFailure } from '../../container/registry/support.ts';
import { passingVerdict } from '../../support/sample-verdict.ts';
import { openSmallWorld, type SmallWorld } from '../../support/small-world.ts';

describe('Attaching a verdict', () => {
  let world: SmallWorld;
  let fake: FakeRegistry;
  before(async () => {
    world = await openSmallWorld();
    fake = await startFakeRegistry();
  });
  after(async () => {
    await world?.close();
    await fake?.close();
  });

  it('hangs it on the image as a referrer that names its digest, without replicates', async () => {
    const bytes = Buffer.from('{"mediaType":"application/vnd.oci.image.index.v1+json"}');
    const document = { bytes, digest: digestOf(bytes), json: JSON.parse(bytes.toString()) };
    const bench = await world.bench();
    try {
      const named = `${fake.name}/team/m:1`;
      await attachVerdict(passingVerdict(), { index: { document } as unknown as HeldIndex, named }, bench);
    } finally {
      await bench.close();
    }
    const kept = [...(fake.repositories.get('team/m')?.manifests.values() ?? [])].map((manifest) =>
      JSON.parse(Buffer.from(manifest).toString()),
    );
    const artifact = kept.find(({ artifactType }) => artifactType === VERDICT_MEDIA_TYPE);
    assert.equal(artifact?.subject.digest, document.digest);
    assert.equal(artifact.annotations['plimsoll.verdict'], 'pass');
  });

  for (const named of ['oci:image', 'docker:m:latest']) {
    it(`refuses ${named}, which is in no registry`, () => {
      assert.throws(() => registryReference(named), isFailure('verify/not-in-registry', /is in no registry/));
    });
  }
});
