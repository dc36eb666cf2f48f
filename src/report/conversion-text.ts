import type { Conversion } from '../nouns/conversion.ts';
import { type Cell, type PageOptions, renderPage, type Section } from './text-page.ts';

/** What was converted, by which way, and how far the export lies from the original. */
export function renderConversion(
  facts: {
    readonly conversion: Conversion;
    readonly warnings: readonly string[];
    readonly modelPath: string;
    readonly casesPath: string;
    readonly isFresh: boolean;
  },
  options: PageOptions,
): string {
  const { conversion, warnings, modelPath, casesPath, isFresh } = facts;
  const { framework, route, failedRoutes, opsets, samples, float32Cost } = conversion;
  const rows: (readonly Cell[])[] = [
    ['from', `${framework.name} ${framework.version}`],
    ['by', route],
    ...failedRoutes.map((failed) => ['not by', `${failed.route}: ${failed.reason}`]),
    [
      'opsets',
      Object.entries(opsets)
        .map((opset) => opset.join(' '))
        .join(', '),
    ],
    ['model', modelPath],
    ['cases', `${casesPath}, on ${samples === 'given' ? 'your samples' : 'rows that were made up'}`],
    ...warnings.map((warning) => ['warning', warning]),
  ];
  if (float32Cost !== null) {
    rows.push([
      '32 bits',
      `rounding the 64-bit inputs moves the original's own answers by ${figure(float32Cost.largest)}, and ${float32Cost.flips} labels`,
    ]);
  }
  const sections: readonly Section[] = [
    {
      title: isFresh ? 'Converted before; nothing has changed since' : 'Converted',
      rows,
      flexible: 1,
      isWrapped: true,
    },
    {
      title: 'Against the original',
      rows: [
        ['output', 'elements', 'largest', 'relative', 'flips', 'at a margin of'],
        ...conversion.parity.map(({ output, elements, largestAbsolute, largestRelative, flips, flipMargin }) => [
          output,
          elements,
          figure(largestAbsolute),
          figure(largestRelative),
          flips,
          flipMargin === null ? '' : figure(flipMargin),
        ]),
      ],
    },
  ];
  return renderPage(sections, options);
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
