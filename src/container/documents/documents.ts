import type { Lock } from '../../nouns/lock.ts';
import { type Document, type Index, timeOf } from '../image/compose.ts';
import { documentOf } from '../registry/artifact.ts';
import type { Bill } from './bill.ts';

/** A document about an index or one of its images. */
export interface SupplyDocument {
  /** For a file that holds it. */
  readonly fileName: string;
  readonly subject: Document;
  readonly content: Document;
  /** Of an in-toto statement. */
  readonly predicateType?: string;
}

export interface DocumentFacts {
  readonly name: string;
  readonly lock: Lock;
  readonly index: Index;
  /** Seconds since 1970, of the image. */
  readonly time: number;
}

/** Loads the libraries of the documents, which most runs of the program do without; for who knows that they will be needed. */
export function loadDocuments(): Promise<typeof import('./renderers.ts')> {
  return import('./renderers.ts');
}

/** A bill of materials in both forms for each image, and the provenance of all; the same facts give the same bytes. */
export async function supplyDocuments(facts: DocumentFacts): Promise<readonly SupplyDocument[]> {
  const { name, lock, index, time } = facts;
  const { componentsOf, PROVENANCE, renderCycloneDx, renderProvenance, renderSpdx } = await loadDocuments();
  const documents: SupplyDocument[] = [
    {
      fileName: 'provenance.intoto.json',
      subject: index,
      content: documentOf(IN_TOTO, renderProvenance(facts)),
      predicateType: PROVENANCE,
    },
  ];
  for (const { platform, manifest } of index.images) {
    const bill: Bill = {
      name,
      platform,
      digest: manifest.digest,
      components: componentsOf(lock, { name, platform }),
      created: timeOf(time),
    };
    const stem = platform.replace('/', '-');
    documents.push(
      { fileName: `${stem}.spdx.json`, subject: manifest, content: documentOf(SPDX, renderSpdx(bill)) },
      { fileName: `${stem}.cdx.json`, subject: manifest, content: documentOf(CYCLONE_DX, renderCycloneDx(bill)) },
    );
  }
  return documents;
}

const IN_TOTO = 'application/vnd.in-toto+json';
const SPDX = 'application/spdx+json';
const CYCLONE_DX = 'application/vnd.cyclonedx+json';
