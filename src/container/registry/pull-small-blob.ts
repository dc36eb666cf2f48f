import { type Digest, digestOf } from '../../nouns/digest.ts';
import type { Reference } from '../../nouns/reference.ts';
import { NetworkFault } from '../sources/network-failure.ts';
import { reading } from './pull.ts';
import type { Registry } from './registry.ts';

/** A signature or a configuration is far below; anything larger is something else. */
const MAX_BYTES = 4 * 2 ** 20;

/** A small blob in memory, checked; empty where it is larger than such things are. */
export async function pullSmallBlob(
  reference: Reference,
  { digest, bytes, registry }: { readonly digest: Digest; readonly bytes: number; readonly registry: Registry },
): Promise<Uint8Array> {
  if (bytes > MAX_BYTES) return new Uint8Array();
  const call = { ...reading(reference, `blobs/${digest}`), what: `the blob ${digest}`, statuses: [200] };
  return registry.call(call, async ({ body }) => {
    const chunks: Uint8Array[] = [];
    let received = 0;
    try {
      for await (const chunk of body) {
        chunks.push(chunk as Uint8Array);
        received += (chunk as Uint8Array).byteLength;
        if (received > bytes) break;
      }
    } catch (error) {
      throw NetworkFault.of(error);
    }
    const content = Buffer.concat(chunks);
    if (digestOf(content) === digest) return content;
    throw new NetworkFault(`found the digest ${digestOf(content)}, wanted ${digest}`, { passing: received < bytes });
  });
}
