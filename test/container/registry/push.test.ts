import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Index } from '../../../src/container/image/compose.ts';
import { pushIndex } from '../../../src/container/registry/push-index.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { SILENT } from '../../../src/nouns/progress.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { type SmallImage, smallImage, withFolder } from '../image/fixtures.ts';
import { openSupply } from '../sources/fakes.ts';
import { startFakeRegistry } from './fake-registry.ts';
import { type Fault, startFaultProxy } from './fault-proxy.ts';
import { HAS_REAL_REGISTRY, startRealRegistry } from './real-registry.ts';
import { isFailure } from './support.ts';

interface Backend {
  readonly name: string;
  close(): Promise<void>;
}

const BACKENDS: Readonly<Record<string, () => Promise<Backend>>> = {
  'a registry in memory': () => startFakeRegistry({ mounts: true }),
  'a real registry': () => startRealRegistry(),
};

/** Larger than what goes in one request. */
const MODEL = randomBytes(1_500_000).toString('hex');

/** The slowest machine that is busy with other things needs less; what takes longer hangs. */
const LONGEST_PUSH_MS = 20_000;

for (const [title, start] of Object.entries(BACKENDS)) {
  describe(`pushing to ${title}`, function () {
    this.timeout(60_000);
    let backend: Backend;
    let image: SmallImage;
    let done: () => void;
    let folder: Promise<void>;
    let repository = 0;
    // Where the real one is tried at each stage, a third of them is enough here.
    const stride = HAS_REAL_REGISTRY && title !== 'a real registry' ? 3 : 1;

    before(async function () {
      if (title === 'a real registry' && !HAS_REAL_REGISTRY) this.skip();
      backend = await start();
      await new Promise<void>((ready) => {
        folder = withFolder(async (path) => {
          image = await smallImage(path, MODEL);
          ready();
          await new Promise<void>((resolve) => {
            done = resolve;
          });
        });
      });
    });

    after(async () => {
      if (backend === undefined) return;
      done();
      await folder;
      await backend.close();
    });

    const fresh = () => {
      repository += 1;
      return `m${repository}`;
    };

    it('puts everything there, and sends nothing again', async () => {
      const path = fresh();
      assert.ok((await push(image.index, `${backend.name}/${path}:1`)).uploadedBytes > 3_000_000);
      assert.deepEqual(await missingBelow(backend.name, path, '1'), []);
      assert.equal((await push(image.index, `${backend.name}/${path}:1`)).uploadedBytes, 0);
    });

    it('shares with a neighbouring repository what it pushed there', async () => {
      const [first, second] = [fresh(), fresh()];
      const supply = await openSupply();
      try {
        const into = (path: string) =>
          pushIndex(image.index, optionsFor(`${backend.name}/${path}:1`), { ...supply, cache: image.cache });
        await into(first);
        const documents = [image.index, ...image.images.map(({ manifest }) => manifest)];
        const expected = documents.reduce((total, { size }) => total + size, 0);
        assert.equal((await into(second)).uploadedBytes, expected);
        assert.deepEqual(await missingBelow(backend.name, second, '1'), []);
      } finally {
        await supply.close();
      }
    });

    it('sends the model and its documents alone when only the model changed', async () => {
      const path = fresh();
      await push(image.index, `${backend.name}/${path}:1`);
      await withFolder(async (other) => {
        const changed = await smallImage(other, `${MODEL}, changed`);
        const { uploadedBytes } = await push(changed.index, `${backend.name}/${path}:1`);
        const documents = [changed.index, ...changed.images.flatMap(({ manifest, config }) => [manifest, config])];
        const sizes = [changed.layers[1], ...documents].map((part) => part?.size ?? 0);
        assert.equal(
          uploadedBytes,
          sizes.reduce((total, size) => total + size, 0),
        );
      });
    });

    for (const fault of [
      'cut before',
      'cut within',
      'cut after',
      { status: 500 },
      { status: 429, headers: { 'retry-after': '0' } },
      { status: 503 },
    ] as const) {
      it(`gets over ${describeFault(fault)} at each stage`, async function () {
        const stages = await countStages(image.index, `${backend.name}`, fresh());
        this.timeout(stages * LONGEST_PUSH_MS);
        for (let stage = 0; stage < stages; stage += stride) {
          const path = fresh();
          const proxy = await startFaultProxy(backend.name, (_, number) => (number === stage ? fault : undefined));
          try {
            await assert.doesNotReject(push(image.index, `${proxy.name}/${path}:1`), `stage ${stage}`);
            assert.deepEqual(await missingBelow(backend.name, path, '1'), [], `stage ${stage}`);
          } finally {
            await proxy.close();
          }
        }
      });
    }

    it('leaves no tag to something incomplete wherever the line goes dead, and the next push succeeds', async function () {
      const stages = await countStages(image.index, backend.name, fresh());
      this.timeout(2 * stages * LONGEST_PUSH_MS);
      for (let stage = 0; stage < stages; stage += stride) {
        const path = fresh();
        const proxy = await startFaultProxy(backend.name, (_, number) => (number >= stage ? 'cut before' : undefined));
        try {
          await assert.rejects(push(image.index, `${proxy.name}/${path}:1`), Failure);
          assert.deepEqual(
            await missingBelow(backend.name, path, '1'),
            (await tagged(backend.name, path)) ? [] : ['1'],
          );
          await push(image.index, `${backend.name}/${path}:1`);
          assert.deepEqual(await missingBelow(backend.name, path, '1'), []);
        } finally {
          await proxy.close();
        }
      }
    });

    for (const fault of ['truncate', 'corrupt'] as const) {
      it(`mends a body that something on the way did ${fault}, wherever it was a blob`, async () => {
        const isBlob = (url: string) => url.includes('/blobs/uploads/');
        for (const method of ['PUT', 'PATCH']) {
          const path = fresh();
          let left = 1;
          const proxy = await startFaultProxy(backend.name, (request) => {
            if (left === 0 || request.method !== method || !isBlob(request.url ?? '')) return undefined;
            if (request.headers['content-length'] === '0') return undefined;
            left -= 1;
            return fault;
          });
          try {
            await push(image.index, `${proxy.name}/${path}:1`);
            assert.equal(left, 0);
            assert.deepEqual(await missingBelow(backend.name, path, '1'), []);
          } finally {
            await proxy.close();
          }
        }
      });
    }

    it('does not take a registry at its word that has another digest than it sent', async () => {
      const path = fresh();
      const proxy = await startFaultProxy(backend.name, (request) =>
        request.method === 'PUT' ? 'wrong digest' : undefined,
      );
      try {
        await assert.rejects(push(image.index, `${proxy.name}/${path}:1`), Failure);
        assert.equal(await tagged(backend.name, path), false);
      } finally {
        await proxy.close();
      }
    });

    it('sends smaller pieces where a proxy takes no large ones, and goes on where a piece broke', async () => {
      const path = fresh();
      let pieces = 0;
      const proxy = await startFaultProxy(backend.name, (request) => {
        if (request.method !== 'PATCH') return undefined;
        if (Number(request.headers['content-length']) > 1_000_000) return { status: 413 };
        pieces += 1;
        return pieces === 2 ? 'cut before' : undefined;
      });
      try {
        await push(image.index, `${proxy.name}/${path}:1`);
        assert.ok(pieces > 3);
        assert.deepEqual(await missingBelow(backend.name, path, '1'), []);
      } finally {
        await proxy.close();
      }
    });

    it('says what a registry has against it', async () => {
      const path = fresh();
      const proxy = await startFaultProxy(backend.name, (request) =>
        request.method === 'POST' ? { status: 403 } : undefined,
      );
      try {
        await assert.rejects(
          push(image.index, `${proxy.name}/${path}:1`),
          isFailure('registry/denied', /cannot push the blob sha256:.*403 \(FAULT: put there\)/),
        );
      } finally {
        await proxy.close();
      }
    });

    it('does not wait for a registry that went silent', async () => {
      const path = fresh();
      let left = 1;
      const proxy = await startFaultProxy(backend.name, (request) => {
        if (request.method !== 'PATCH' || left === 0) return undefined;
        left -= 1;
        return 'hang';
      });
      try {
        await push(image.index, `${proxy.name}/${path}:1`);
        assert.deepEqual(await missingBelow(backend.name, path, '1'), []);
      } finally {
        await proxy.close();
      }
    });
  });
}

function optionsFor(reference: string) {
  const machine = { env: { PATH: process.env.PATH }, home: '/nonexistent', now: () => new Date() };
  const settings = { pauseMs: 1, stallTimeoutMs: 1000 };
  return { reference: parseReference(reference), attachments: [], machine, settings };
}

/** With a cache of its own, which knows nothing of earlier pushes. */
async function push(index: Index, reference: string) {
  const supply = await openSupply();
  const signal = AbortSignal.timeout(LONGEST_PUSH_MS);
  try {
    return await pushIndex(index, optionsFor(reference), { ...supply, progress: SILENT, signal });
  } finally {
    await supply.close();
  }
}

async function countStages(index: Index, target: string, path: string): Promise<number> {
  const proxy = await startFaultProxy(target, () => undefined);
  try {
    await push(index, `${proxy.name}/${path}:1`);
    return proxy.requests.length;
  } finally {
    await proxy.close();
  }
}

async function tagged(registry: string, path: string): Promise<boolean> {
  return (await fetch(`http://${registry}/v2/${path}/manifests/1`, ACCEPT)).status === 200;
}

const ACCEPT = {
  headers: { accept: 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json' },
};

/** What a tag leads to and the registry does not have, asked by other means than ours. */
async function missingBelow(registry: string, path: string, key: string): Promise<string[]> {
  const answer = await fetch(`http://${registry}/v2/${path}/manifests/${key}`, ACCEPT);
  if (answer.status !== 200) return [key];
  const {
    manifests = [],
    config,
    layers = [],
  } = (await answer.json()) as {
    manifests?: { digest: string }[];
    config?: { digest: string };
    layers?: { digest: string }[];
  };
  const missing: string[] = [];
  for (const { digest } of manifests) missing.push(...(await missingBelow(registry, path, digest)));
  for (const { digest } of [...(config ? [config] : []), ...layers]) {
    const blob = await fetch(`http://${registry}/v2/${path}/blobs/${digest}`, { method: 'HEAD' });
    if (blob.status !== 200) missing.push(digest);
  }
  return missing;
}

function describeFault(fault: Fault): string {
  return typeof fault === 'string' ? `a connection that is ${fault}` : `a ${fault.status}`;
}
