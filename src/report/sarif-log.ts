import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface SarifFacts {
  readonly tool: { readonly name: string; readonly version: string };
  readonly rules: readonly object[];
  readonly results: readonly object[];
  readonly properties: object;
}

/** A log of one run in SARIF 2.1.0. */
export function renderSarifLog({ tool, rules, results, properties }: SarifFacts): string {
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: tool.name, version: tool.version, rules } },
        columnKind: 'utf16CodeUnits',
        results,
        properties,
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** Relative to the folder where the file lies in it. */
export function uriOf(file: string, folder: string): string {
  const path = relative(folder, file);
  if (path.startsWith('..') || isAbsolute(path)) return pathToFileURL(file).href;
  return path.split(sep).map(encodeURIComponent).join('/');
}
