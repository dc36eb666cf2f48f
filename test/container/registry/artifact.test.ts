import assert from 'node:assert/strict';
import { composeArtifact, documentOf } from '../../../src/container/registry/artifact.ts';
import { pushArtifact } from '../../../src/container/registry/push-artifact.ts';
import { pushManifest } from '../../../src/container/registry/push-manifest.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { startFakeRegistry } from './fake-registry.ts';
import { HAS_REAL_REGISTRY, startRealRegistry } from './real-registry.ts';
import { withRegistry } from './support.ts';

const SUBJECT = documentOf(
  'application/vnd.oci.image.index.v1+json',
  '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
);
const INDEX = 'application/vnd.oci.image.index.v1+json';

const artifactOf = (text: string) =>
  composeArtifact({
    artifactType: 'application/x+json',
    subject: SUBJECT,
    content: documentOf('application/x+json', text),
  });

async function pushBoth(name: string): Promise<void> {
  await withRegistry(name, async ({ registry, supply }) => {
    const reference = parseReference(`${name}/team/m:1`);
    const push = { reference, registry, cache: supply.cache, onBytes: () => {} };
    await pushManifest(SUBJECT, { reference, registry });
    for (const text of ['{"a":1}', '{"b":2}', '{"a":1}']) {
      await pushArtifact(artifactOf(text), { subject: SUBJECT.digest, push });
    }
  });
}

const WANTED = ['{"a":1}', '{"b":2}'].map((text) => artifactOf(text).manifest.digest).sort();

async function listAt(url: string): Promise<string[]> {
  const answer = await fetch(url, { headers: { accept: INDEX } });
  const { manifests } = (await answer.json()) as { manifests: { digest: string; artifactType: string }[] };
  assert.ok(manifests.every(({ artifactType }) => artifactType === 'application/x+json'));
  return manifests.map(({ digest }) => digest).sort();
}

describe('an artifact about an image', () => {
  it('is listed by a registry that has the referrers API', async () => {
    const fake = await startFakeRegistry({ referrers: true });
    try {
      await pushBoth(fake.name);
      assert.deepEqual(await listAt(`${fake.url}/v2/team/m/referrers/${SUBJECT.digest}`), WANTED);
      assert.equal(fake.repositories.get('team/m')?.manifests.has(SUBJECT.digest.replace(':', '-')), false);
    } finally {
      await fake.close();
    }
  });

  it('is listed once under the fallback tag by one that has not', async function () {
    if (!HAS_REAL_REGISTRY) this.skip();
    const real = await startRealRegistry();
    try {
      await pushBoth(real.name);
      assert.deepEqual(
        await listAt(`http://${real.name}/v2/team/m/manifests/${SUBJECT.digest.replace(':', '-')}`),
        WANTED,
      );
    } finally {
      await real.close();
    }
  });
});
