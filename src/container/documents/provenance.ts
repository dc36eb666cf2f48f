import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { hexOf } from '../../nouns/digest.ts';
import type { Lock } from '../../nouns/lock.ts';
import { TOOL } from '../../nouns/tool.ts';
import type { Index } from '../image/compose.ts';
import { type Component, componentsOf } from './components.ts';

/** What the fields of the parameters mean; a name, since the format wants one. */
const BUILD_TYPE = `urn:${TOOL.name}:package:v1`;

/** What kind of statement it is. */
export const PROVENANCE = 'https://slsa.dev/provenance/v1';

export interface ProvenanceFacts {
  readonly name: string;
  readonly lock: Lock;
  readonly index: Index;
}

/**
 * How the images came to be, as an in-toto statement with SLSA's provenance, version 1: what went in is the lock's word, and no clock or
 * machine has one, so that the same lock gives the same statement.
 */
export function renderProvenance({ name, lock, index }: ProvenanceFacts): string {
  const platforms = index.images.map(({ platform }) => platform);
  const materials = new Map<string, Component>();
  for (const platform of platforms) {
    for (const component of componentsOf(lock, { name, platform })) {
      materials.set(`${component.purl} ${component.digest}`, component);
    }
  }
  const files = [...lock.model.externalData, ...lock.prepared.files];
  const statement: Json = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [index, ...index.images.map(({ manifest }) => manifest)].map(({ digest }) => ({
      name,
      digest: { sha256: hexOf(digest) },
    })),
    predicateType: PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { name, platforms: [...platforms].sort(), config: lock.config, model: lock.model.digest },
        internalParameters: {
          assembler: lock.assembler,
          encoder: lock.encoder,
          lock: lock.seal,
          time: lock.layers.time,
        },
        resolvedDependencies: [
          ...[...materials.values()].flatMap(({ purl, digest }) =>
            digest === undefined ? [] : [{ uri: purl, digest: { sha256: hexOf(digest) } }],
          ),
          ...files.map(({ path, digest }) => ({ name: path, digest: { sha256: hexOf(digest) } })),
        ],
      },
      runDetails: { builder: { id: `pkg:npm/${TOOL.name}@${TOOL.version}`, version: { [TOOL.name]: TOOL.version } } },
    },
  };
  return canonicalJson(statement, { indent: true });
}
