import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { hexOf } from '../../nouns/digest.ts';
import { TOOL } from '../../nouns/tool.ts';
import { type Bill, uuidOf } from './bill.ts';
import { type Component, imagePurl } from './components.ts';

const PURPOSE = { library: 'LIBRARY', application: 'APPLICATION', model: 'OTHER', image: 'CONTAINER' } as const;
const ROOT_ID = 'SPDXRef-image';

/** The bill of materials as SPDX 2.3 has it; no kept library writes it for JavaScript, and its JSON is plain data. */
export function renderSpdx(bill: Bill): string {
  const { name, platform, digest, components, created } = bill;
  const root = packageOf({
    id: ROOT_ID,
    component: { name, version: digest, digest, purl: imagePurl(name, { digest, platform }) },
    purpose: 'CONTAINER',
  });
  const parts = components.map((component, index) =>
    packageOf({ id: `SPDXRef-${index + 1}`, component, purpose: PURPOSE[component.kind] }),
  );
  const document: Json = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${name} (${platform})`,
    documentNamespace: `urn:uuid:${uuidOf('spdx', name, digest)}`,
    creationInfo: { created, creators: [`Tool: ${TOOL.name}-${TOOL.version}`] },
    packages: [root, ...parts],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', ROOT_ID),
      ...parts.map((_, index) => relationship(ROOT_ID, 'CONTAINS', `SPDXRef-${index + 1}`)),
    ],
  };
  return canonicalJson(document, { indent: true });
}

function packageOf({
  id,
  component,
  purpose,
}: {
  readonly id: string;
  readonly component: Pick<Component, 'name' | 'version' | 'digest' | 'purl' | 'license' | 'cpe'>;
  readonly purpose: string;
}): Json {
  const { name, version, digest, purl, license = 'NOASSERTION', cpe } = component;
  const reference = (category: string, type: string, locator: string) => ({
    referenceCategory: category,
    referenceType: type,
    referenceLocator: locator,
  });
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    primaryPackagePurpose: purpose,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license,
    copyrightText: 'NOASSERTION',
    ...(digest && { checksums: [{ algorithm: 'SHA256', checksumValue: hexOf(digest) }] }),
    externalRefs: [
      reference('PACKAGE-MANAGER', 'purl', purl),
      ...(cpe === undefined ? [] : [reference('SECURITY', 'cpe23Type', cpe)]),
    ],
  };
}

function relationship(from: string, type: string, to: string): Json {
  return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}
