import type { CleartextMessage, Key } from 'openpgp';
import { EXIT, Failure } from '../../../nouns/failure.ts';

/** A key whose signature is trusted, with the fingerprint that it must have. */
export interface PinnedKey {
  /** Forty or more hexadecimal digits, in capitals. */
  readonly fingerprint: string;
  readonly owner: string;
  readonly armoured: string;
}

/**
 * Verifies a clear-signed text and gives the text that was signed; what stands before and after the armour is not part of
 * it. One good signature by a pinned key that has not expired at `now` is wanted; signatures by keys that are not pinned do
 * not count. Throws a Failure otherwise.
 */
export async function verifySignedText(
  armoured: string,
  { keys, now, what }: { readonly keys: readonly PinnedKey[]; readonly now: Date; readonly what: string },
): Promise<string> {
  const { readCleartextMessage } = await openpgp();
  const message = await readCleartextMessage({ cleartextMessage: armoured }).catch((cause: unknown) => {
    throw untrusted(what, 'it is not a signed text', cause);
  });
  const trusted = await readPinnedKeys(keys);
  const refusals = await judge(message, { trusted, now });
  if (refusals === undefined) return message.getText().replaceAll('\r\n', '\n');
  throw untrusted(what, refusals.length === 0 ? 'it has no signature' : refusals.join('; '));
}

/** Why each signature does not count, or nothing when one of them does. */
async function judge(
  message: CleartextMessage,
  { trusted, now }: { readonly trusted: readonly Key[]; readonly now: Date },
): Promise<readonly string[] | undefined> {
  const { verify } = await openpgp();
  const { signatures } = await verify({ message, verificationKeys: [...trusted], date: now });
  const refusals: string[] = [];
  for (const { keyID, verified } of signatures) {
    const key = trusted.find((candidate) => candidate.getKeys(keyID).length > 0);
    try {
      await verified;
      if (key === undefined) throw new Error('not one of the pinned keys');
      // verify() judges a key at the time of the signature; a stolen key could be used with an old one for ever.
      await key.getSigningKey(keyID, now);
      return undefined;
    } catch (error) {
      refusals.push(`key ${keyID.toHex()}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return refusals;
}

async function readPinnedKeys(keys: readonly PinnedKey[]): Promise<readonly Key[]> {
  const { readKey } = await openpgp();
  const read = await Promise.all(keys.map(({ armoured }) => readKey({ armoredKey: armoured })));
  for (const [index, key] of read.entries()) {
    const pinned = keys[index]?.fingerprint;
    if (key.getFingerprint().toUpperCase() !== pinned) {
      throw new TypeError(`a pinned key has the fingerprint ${key.getFingerprint()}, wanted ${pinned}`);
    }
  }
  return read;
}

/** Loaded when something has to be verified: a tenth of a second that most runs need not pay. */
function openpgp(): Promise<typeof import('openpgp')> {
  return import('openpgp');
}

function untrusted(what: string, why: string, cause?: unknown): Failure {
  return new Failure(`${what} is not signed by a key of Debian's archive: ${why}`, {
    code: 'debian/untrusted-index',
    exit: EXIT.findings,
    mend: "Check that the mirror is one of Debian's, that nothing on the way changes what it sends, and that this machine's clock is right; if Debian has new keys, update this program.",
    cause,
  });
}
