/** What writes the documents, with the libraries that need it: one module, so that it is loaded at once and by nobody else. */
export { componentsOf } from './components.ts';
export { renderCycloneDx } from './cyclonedx.ts';
export { PROVENANCE, renderProvenance } from './provenance.ts';
export { renderSpdx } from './spdx.ts';
