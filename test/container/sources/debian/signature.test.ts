import assert from 'node:assert/strict';
import { DEBIAN_ARCHIVE_KEYS } from '../../../../src/container/sources/debian/archive-keys.ts';
import { type PinnedKey, verifySignedText } from '../../../../src/container/sources/debian/signature.ts';
import { Failure } from '../../../../src/nouns/failure.ts';
import { makeKey, type SigningKey, signText } from './fake-mirror.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const EARLIER = new Date('2026-05-01T00:00:00Z');
const TEXT = 'Codename: trixie\nSHA256:\n 0000 1 main/binary-amd64/Packages.gz\n';

describe('a signed index', () => {
  let key: SigningKey;
  let stranger: SigningKey;
  let armoured: string;

  before(async () => {
    key = await makeKey({ date: EARLIER, expiresInSeconds: 90 * 24 * 3600 });
    stranger = await makeKey({ date: EARLIER });
    armoured = await signText(TEXT, { keys: [key], date: EARLIER });
  });

  const verify = async (text: string, options: { keys?: readonly PinnedKey[]; now?: Date } = {}): Promise<string> =>
    verifySignedText(text, { keys: [key.pinned], now: NOW, what: 'the index', ...options });

  it('gives the text that was signed', async () => assert.equal((await verify(armoured)).trimEnd(), TEXT.trimEnd()));

  it('gives nothing of what stands around the armour', async () => {
    const text = await verify(`Codename: evil\n\n${armoured}\nSHA256:\n ffff 1 evil\n`);
    assert.equal(text.trimEnd(), TEXT.trimEnd());
  });

  it('is taken when one of several signatures is by a pinned key', async () => {
    const both = await signText(TEXT, { keys: [stranger, key], date: EARLIER });
    assert.equal((await verify(both)).trimEnd(), TEXT.trimEnd());
  });

  const rows: [title: string, text: () => Promise<string>, options: { now?: Date }, why: RegExp][] = [
    ['has had a digit changed', async () => armoured.replace(' 0000 1', ' 0001 1'), {}, /digest did not match/i],
    [
      'is signed by a stranger only',
      async () => signText(TEXT, { keys: [stranger], date: EARLIER }),
      {},
      /Could not find signing key/,
    ],
    ['is signed by a key that has expired since', async () => armoured, { now: new Date('2027-01-01') }, /expired/],
    ['was signed in the future', async () => armoured, { now: new Date('2026-04-01') }, /future/],
    ['is not signed at all', async () => TEXT, {}, /not a signed text/],
    ['is empty', async () => '', {}, /not a signed text/],
  ];
  for (const [title, text, options, why] of rows) {
    it(`is refused when it ${title}`, async () => {
      await assert.rejects(verify(await text(), options), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, 'debian/untrusted-index');
        assert.match(error.message, why);
        return true;
      });
    });
  }

  it('is not judged by a key whose fingerprint is not the pinned one', async () => {
    const swapped = { ...key.pinned, armoured: stranger.pinned.armoured };
    await assert.rejects(verify(armoured, { keys: [swapped] }), /fingerprint/);
  });

  it("comes with Debian's own keys, which are what their fingerprints say", async () => {
    assert.equal(DEBIAN_ARCHIVE_KEYS.length, 3);
    await assert.rejects(verify(armoured, { keys: DEBIAN_ARCHIVE_KEYS }), /Could not find signing key/);
  });
});
