import { createPrivateKey, createPublicKey, type KeyObject, scryptSync, sign, verify } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import * as z from 'zod';
import { EXIT, Failure } from '../../nouns/failure.ts';

/** A key to sign with: ECDSA on P-256 with SHA-256, the kind that every verifier of container signatures knows. */
export interface SigningKey {
  /** The signature in DER. */
  sign(content: Uint8Array): Buffer;
  /** Whether a signature is this key's own. */
  hasSigned(content: Uint8Array, signature: Uint8Array): boolean;
  /** SPKI in PEM, for whoever verifies. */
  readonly publicPem: string;
}

export interface KeySource {
  /** PEM. */
  readonly text: string;
  /** For messages: the path of its file. */
  readonly name: string;
  /** For a key that is encrypted. */
  readonly password?: string;
}

/** Opens a private key in PEM: plain or encrypted by PKCS 8 as openssl writes it, or as `cosign generate-key-pair` does. */
export function openSigningKey(source: KeySource): SigningKey {
  const key = readKey(source);
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw unusable(source, 'it is not an ECDSA key on the curve P-256');
  }
  const publicKey = createPublicKey(key);
  return {
    sign: (content) => sign('sha256', content, key),
    hasSigned: (content, signature) => verify('sha256', content, publicKey, signature),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

const SEALED = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([\s\S]*?)-----END/;

function readKey(source: KeySource): KeyObject {
  const { text, password = '' } = source;
  const sealed = SEALED.exec(text)?.[1];
  if (sealed !== undefined) {
    const der = unseal(sealed, source);
    return attempt(source, () => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  }
  return attempt(source, () => createPrivateKey({ key: text, passphrase: password }));
}

/** What cosign writes: scrypt makes the key, NaCl's secretbox holds the private key in PKCS 8. */
const Sealed = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    // Bounds that hold what cosign has ever written, and keep a strange file from taking gigabytes.
    params: z.object({
      N: z
        .int()
        .min(2)
        .max(2 ** 17),
      r: z.int().min(1).max(8),
      p: z.int().min(1).max(4),
    }),
    salt: z.base64(),
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: z.base64() }),
  ciphertext: z.base64(),
});

function unseal(body: string, source: KeySource): Buffer {
  const parsed = Sealed.safeParse(jsonOf(Buffer.from(body, 'base64').toString('utf8')));
  if (!parsed.success) throw unusable(source, 'its encrypted form is not the one that cosign writes');
  const { kdf, cipher, ciphertext } = parsed.data;
  const { N, r, p } = kdf.params;
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const password = source.password ?? '';
  return attempt(source, () => {
    const key = scryptSync(password, bytes(kdf.salt), 32, { N, r, p, maxmem: 256 * N * r });
    return Buffer.from(xsalsa20poly1305(key, bytes(cipher.nonce)).decrypt(bytes(ciphertext)));
  });
}

function attempt<T>(source: KeySource, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    const why = source.password
      ? 'the password is not its own, or it is damaged'
      : 'it is encrypted, or it is no private key';
    throw unusable(source, why, cause);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable({ name }: KeySource, why: string, cause?: unknown): Failure {
  return new Failure(`cannot sign with ${name}: ${why}`, {
    code: 'sign/key',
    exit: EXIT.usage,
    mend: 'Give a private key on P-256 in PEM (cosign generate-key-pair, or openssl ecparam -name prime256v1 -genkey), its password in COSIGN_PASSWORD.',
    cause,
  });
}
