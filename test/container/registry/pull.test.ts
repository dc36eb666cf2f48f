import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pullBlob, pullManifest } from '../../../src/container/registry/pull.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { digest, type FakeOptions, type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { isFailure, withRegistry } from './support.ts';

const BLOB = randomBytes(300_000);
const MANIFEST = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] }),
);

async function withFake<T>(options: FakeOptions, body: (fake: FakeRegistry) => Promise<T>): Promise<T> {
  const fake = await startFakeRegistry(options);
  fake.add('team/m', { blobs: [BLOB], manifests: { '1': MANIFEST } });
  try {
    return await body(fake);
  } finally {
    await fake.close();
  }
}

const pullOf = (fake: FakeRegistry, name = 'team/m:1') =>
  withRegistry(fake.name, ({ registry }) => pullManifest(parseReference(`${fake.name}/${name}`), registry));

const blobOf = (fake: FakeRegistry) =>
  withRegistry(fake.name, async ({ registry, supply }) => {
    const reference = parseReference(`${fake.name}/team/m:1`);
    const wanted = { reference, digest: digest(BLOB), bytes: BLOB.length };
    const blob = await pullBlob(wanted, { registry, supply });
    return readFile(blob.path);
  });

/** Lets the first `times` requests for something go wrong. */
function firstTimes(times: number, path: RegExp, fault: NonNullable<FakeOptions['intercept']>): FakeOptions {
  let left = times;
  return {
    intercept: (request, response) => {
      if (!path.test(request.url ?? '') || left === 0) return false;
      left -= 1;
      return fault(request, response);
    },
  };
}

describe('pulling', () => {
  it('gives a manifest by tag and by digest, and a blob in the cache', async () => {
    await withFake({}, async (fake) => {
      const byTag = await pullOf(fake);
      assert.equal(byTag.digest, digest(MANIFEST));
      assert.equal(byTag.mediaType, 'application/vnd.oci.image.manifest.v1+json');
      assert.deepEqual(Buffer.from((await pullOf(fake, `team/m@${digest(MANIFEST)}`)).bytes), MANIFEST);
      assert.deepEqual(await blobOf(fake), BLOB);
    });
  });

  it('does not fetch a blob that the cache has', async () => {
    await withFake({}, async (fake) => {
      await withRegistry(fake.name, async ({ registry, supply }) => {
        async function* content() {
          yield BLOB;
        }
        await supply.cache.put(content());
        const reference = parseReference(`${fake.name}/team/m:1`);
        await pullBlob({ reference, digest: digest(BLOB), bytes: BLOB.length }, { registry, supply });
        assert.deepEqual(fake.requests, []);
      });
    });
  });

  it('says what is not there', async () => {
    await withFake({}, async (fake) => {
      await assert.rejects(pullOf(fake, 'team/m:2'), isFailure('registry/not-found', /cannot pull .*team\/m:2/));
    });
  });

  for (const status of [429, 500, 503]) {
    it(`tries again after ${status}`, async () => {
      const options = firstTimes(2, /manifests/, (_, response) => {
        response.writeHead(status, { 'retry-after': '0' }).end('{"errors":[{"code":"X"}]}');
        return true;
      });
      await withFake(options, async (fake) => assert.equal((await pullOf(fake)).digest, digest(MANIFEST)));
    });
  }

  it('waits as long as the registry asks', async () => {
    const options = firstTimes(1, /manifests/, (_, response) => {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    });
    await withFake(options, async (fake) => {
      const begun = performance.now();
      await pullOf(fake);
      assert.ok(performance.now() - begun >= 990);
    });
  });

  it('gives up on a registry that stays busy, in its own words', async () => {
    const options = firstTimes(99, /manifests/, (_, response) => {
      response.writeHead(429).end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow\\u001b down"}]}');
      return true;
    });
    await withFake(options, async (fake) => {
      await assert.rejects(pullOf(fake), isFailure('registry/busy', /TOOMANYREQUESTS: slow {2}down/));
      assert.equal(fake.requests.filter((line) => line.includes('manifests')).length, 5);
    });
  });

  for (const [how, cut] of [
    ['is cut', (bytes: Buffer) => bytes.subarray(0, 1000)],
    ['ends early', undefined],
  ] as const) {
    it(`tries again when a blob ${how}`, async () => {
      const options = firstTimes(2, /blobs/, (_, response) => {
        if (cut) {
          response.writeHead(200, { 'content-length': BLOB.length }).write(cut(BLOB), () => response.destroy());
        } else response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(BLOB.subarray(0, 1000));
        return true;
      });
      await withFake(options, async (fake) => assert.deepEqual(await blobOf(fake), BLOB));
    });
  }

  it('keeps nothing that has another digest', async () => {
    const options = firstTimes(9, /blobs|manifests/, (request, response) => {
      const bytes = request.url?.includes('blobs') ? Buffer.alloc(BLOB.length) : Buffer.from('{}');
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
      return true;
    });
    await withFake(options, async (fake) => {
      await assert.rejects(blobOf(fake), isFailure('cache/wrong-digest'));
      await assert.rejects(pullOf(fake, `team/m@${digest(MANIFEST)}`), isFailure('registry/wrong-digest'));
    });
  });

  it('refuses a manifest without end, and what is no JSON', async () => {
    const endless = firstTimes(1, /manifests/, (_, response) => {
      response.writeHead(200).end(Buffer.alloc(5 * 2 ** 20, ' '));
      return true;
    });
    await withFake(endless, (fake) => assert.rejects(pullOf(fake), isFailure('registry/too-long')));
    const page = firstTimes(1, /manifests/, (_, response) => {
      response.writeHead(200).end('<html>');
      return true;
    });
    await withFake(page, (fake) => assert.rejects(pullOf(fake), isFailure('registry/bad-manifest')));
  });

  it('follows a redirect to where blobs are kept, and shows no secrets there', async () => {
    const seen: (string | undefined)[] = [];
    const other = await startFakeRegistry({
      intercept: (request, response) => {
        seen.push(request.headers.authorization);
        response.end(BLOB);
        return true;
      },
    });
    const options: FakeOptions = {
      intercept: (request, response) => {
        if (request.headers.authorization === undefined) {
          response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
          return true;
        }
        if (!request.url?.includes('blobs')) return false;
        response.writeHead(307, { location: `http://${other.name}/kept` }).end();
        return true;
      },
    };
    try {
      await withFake(options, async (fake) => {
        const auth = Buffer.from('u:p').toString('base64');
        await withRegistry(fake.name, async ({ registry, supply, folder }) => {
          const { mkdir, writeFile } = await import('node:fs/promises');
          await mkdir(`${folder}/.docker`);
          await writeFile(`${folder}/.docker/config.json`, JSON.stringify({ auths: { [fake.name]: { auth } } }));
          const reference = parseReference(`${fake.name}/team/m`);
          await pullBlob({ reference, digest: digest(BLOB), bytes: BLOB.length }, { registry, supply });
        });
      });
      assert.deepEqual(seen, [undefined]);
    } finally {
      await other.close();
    }
  });
});
