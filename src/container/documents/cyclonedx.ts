import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { hexOf } from '../../nouns/digest.ts';
import { TOOL } from '../../nouns/tool.ts';
import { type Bill, uuidOf } from './bill.ts';
import { type Component, imagePurl } from './components.ts';

/** The bill of materials as CycloneDX 1.6 has it. */
export function renderCycloneDx(bill: Bill): string {
  const types = {
    library: Enums.ComponentType.Library,
    application: Enums.ComponentType.Application,
    model: Enums.ComponentType.MachineLearningModel,
    image: Enums.ComponentType.Container,
  };
  const hashes = (component: Pick<Component, 'digest'>) =>
    new Models.HashDictionary(component.digest ? [[Enums.HashAlgorithm['SHA-256'], hexOf(component.digest)]] : []);

  const { name, platform, digest, created } = bill;
  const purl = imagePurl(name, { digest, platform });
  const root = new Models.Component(Enums.ComponentType.Container, name, {
    bomRef: purl,
    purl,
    version: digest,
    hashes: hashes(bill),
  });
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${uuidOf('cyclonedx', name, digest)}`,
    metadata: new Models.Metadata({ component: root, timestamp: new Date(created) }),
  });
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, TOOL.name, { version: TOOL.version }),
  );
  for (const component of bill.components) {
    const part = new Models.Component(types[component.kind], component.name, {
      bomRef: component.purl,
      purl: component.purl,
      version: component.version,
      hashes: hashes(component),
      ...(component.cpe && { cpe: component.cpe as `cpe:2.3:${string}` }),
    });
    if (component.license) part.licenses.add(new Models.SpdxLicense(component.license));
    bom.components.add(part);
    root.dependencies.add(part.bomRef);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  const text = serializer.serialize(bom, { sortLists: true });
  return canonicalJson(JSON.parse(text) as Json, { indent: true });
}
