import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, randomBytes, scryptSync, verify } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { openSigningKey, type SigningKey } from '../../../src/container/documents/signing-key.ts';
import { documentOf } from '../../../src/container/registry/artifact.ts';
import { pushManifest } from '../../../src/container/registry/push-manifest.ts';
import { pushAttestation, pushSignature } from '../../../src/container/registry/push-signature.ts';
import { parseReference } from '../../../src/nouns/reference.ts';
import { type FakeRegistry, startFakeRegistry } from './fake-registry.ts';
import { isFailure, withRegistry } from './support.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'der' });
const PUBLIC = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const INDEX = 'application/vnd.oci.image.index.v1+json';
const SUBJECT = documentOf(INDEX, JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] }));

/** As `cosign generate-key-pair` writes it. */
function cosignKey(password: string, { title = 'SIGSTORE', N = 2 ** 12 } = {}): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const key = scryptSync(password, salt, 32, { N, r: 8, p: 1, maxmem: 2 ** 28 });
  const sealed = {
    kdf: { name: 'scrypt', params: { N, r: 8, p: 1 }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(PKCS8)).toString('base64'),
  };
  const body = Buffer.from(JSON.stringify(sealed)).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ENCRYPTED ${title} PRIVATE KEY-----\n${body}\n-----END ENCRYPTED ${title} PRIVATE KEY-----\n`;
}

const KEYS: Readonly<Record<string, readonly [text: string, password?: string]>> = {
  'in PKCS 8': [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  'in SEC 1': [privateKey.export({ type: 'sec1', format: 'pem' }).toString()],
  'encrypted in PKCS 8': [
    privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString(),
    'secret',
  ],
  'encrypted by cosign': [cosignKey('secret'), 'secret'],
  'encrypted by an older cosign': [cosignKey('secret', { title: 'COSIGN' }), 'secret'],
  'encrypted by cosign with no password': [cosignKey('')],
};

const p384 = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
const BAD: Readonly<Record<string, readonly [text: string, why: RegExp, password?: string]>> = {
  'the wrong password': [cosignKey('secret'), /password is not its own/, 'other'],
  'no password': [cosignKey('secret'), /it is encrypted/],
  'another curve': [p384.export({ type: 'pkcs8', format: 'pem' }).toString(), /not an ECDSA key on the curve P-256/],
  'a public key': [PUBLIC, /no private key/],
  'no key at all': ['hello', /no private key/],
  'a form that takes gigabytes': [
    cosignKey('secret').replace(/\n[\s\S]*\n-/, () => {
      const sealed = { kdf: { name: 'scrypt', params: { N: 2 ** 30, r: 8, p: 1 }, salt: 'AA==' } };
      return `\n${Buffer.from(JSON.stringify(sealed)).toString('base64')}\n-`;
    }),
    /not the one that cosign writes/,
    'secret',
  ],
};

describe('a key to sign with', () => {
  for (const [title, [text, password]] of Object.entries(KEYS)) {
    it(`is opened ${title}`, () => {
      const key = openSigningKey({ text, name: 'cosign.key', ...(password !== undefined && { password }) });
      assert.equal(key.publicPem, PUBLIC);
      assert.ok(verify('sha256', Buffer.from('content'), publicKey, key.sign(Buffer.from('content'))));
    });
  }

  for (const [title, [text, why, password]] of Object.entries(BAD)) {
    it(`is not ${title}`, () => {
      const source = { text, name: 'cosign.key', ...(password !== undefined && { password }) };
      assert.throws(() => openSigningKey(source), isFailure('sign/key', /cosign\.key/, why));
    });
  }
});

describe('a signature in a registry', () => {
  let fake: FakeRegistry;
  beforeEach(async () => {
    fake = await startFakeRegistry();
  });
  afterEach(() => fake.close());

  const ours = openSigningKey({ text: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), name: 'ours' });

  const signWith = (key: SigningKey) =>
    withRegistry(fake.name, async ({ registry, supply }) => {
      const reference = parseReference(`${fake.name}/team/m:1`);
      const push = { reference, registry, cache: supply.cache, onBytes: () => {} };
      await pushManifest(SUBJECT, { reference, registry });
      await pushSignature(SUBJECT, { key, push });
      const content = documentOf('application/vnd.in-toto+json', '{"subject":[]}');
      await pushAttestation(
        { subject: SUBJECT, content, predicateType: 'https://slsa.dev/provenance/v1' },
        { key, push },
      );
    });

  const layersAt = (suffix: string) => {
    const { manifests } = fake.repositories.get('team/m') ?? {};
    const manifest = manifests?.get(`${SUBJECT.digest.replace(':', '-')}.${suffix}`);
    return JSON.parse(Buffer.from(manifest ?? []).toString()).layers as {
      mediaType: string;
      digest: string;
      annotations: Record<string, string>;
    }[];
  };
  const blob = (digest = '') => Buffer.from(fake.repositories.get('team/m')?.blobs.get(digest) ?? []);

  it('is found and verified as the published format says', async () => {
    await signWith(ours);
    const [layer, ...others] = layersAt('sig');
    assert.deepEqual(others, []);
    assert.equal(layer?.mediaType, 'application/vnd.dev.cosign.simplesigning.v1+json');
    const payload = blob(layer?.digest);
    assert.deepEqual(JSON.parse(payload.toString()), {
      critical: {
        identity: { 'docker-reference': `${fake.name}/team/m` },
        image: { 'docker-manifest-digest': SUBJECT.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    });
    const signature = Buffer.from(layer?.annotations['dev.cosignproject.cosign/signature'] ?? '', 'base64');
    assert.ok(verify('sha256', payload, createPublicKey(PUBLIC), signature));
  });

  it('covers a statement in its envelope', async () => {
    await signWith(ours);
    const [layer] = layersAt('att');
    assert.equal(layer?.mediaType, 'application/vnd.dsse.envelope.v1+json');
    assert.equal(layer?.annotations.predicateType, 'https://slsa.dev/provenance/v1');
    const { payloadType, payload, signatures } = JSON.parse(blob(layer?.digest).toString());
    const body = Buffer.from(payload, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${body.length} `), body]);
    assert.ok(verify('sha256', signed, createPublicKey(PUBLIC), Buffer.from(signatures[0].sig, 'base64')));
  });

  it('is made once by a key, and stands beside those of others', async () => {
    await signWith(ours);
    const before = [...(fake.repositories.get('team/m')?.manifests.keys() ?? [])];
    await signWith(ours);
    assert.deepEqual([...(fake.repositories.get('team/m')?.manifests.keys() ?? [])], before);
    const other = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    const text = other.export({ type: 'pkcs8', format: 'pem' }).toString();
    await signWith(openSigningKey({ text, name: 'theirs' }));
    assert.equal(layersAt('sig').length, 2);
    assert.equal(layersAt('att').length, 2);
  });
});
