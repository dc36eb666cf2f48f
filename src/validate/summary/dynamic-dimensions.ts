import type { DynamicDimension, PortSummary } from '../../nouns/model-summary.ts';

/** The dimensions of a signature that are no fixed size: each symbol once, then those without a name, one by one. */
export function dynamicDimensions(ports: readonly PortSummary[]): readonly DynamicDimension[] {
  const open = ports.flatMap(({ name, shape }) =>
    (shape ?? []).flatMap((size, axis) => (typeof size === 'number' ? [] : [{ symbol: size, port: name, axis }])),
  );
  const named = new Map<string, { readonly port: string; readonly axis: number }[]>();
  for (const { symbol, port, axis } of open) {
    if (symbol === null) continue;
    const places = named.get(symbol) ?? [];
    places.push({ port, axis });
    named.set(symbol, places);
  }
  const nameless = open.filter(({ symbol }) => symbol === null);
  return [
    ...[...named].map(([symbol, places]) => ({ symbol, places })),
    ...nameless.map(({ port, axis }) => ({ symbol: null, places: [{ port, axis }] })),
  ];
}
