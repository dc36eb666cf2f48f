const UNITS = [
  { name: 'B', bytes: 1 },
  { name: 'KiB', bytes: 2 ** 10 },
  { name: 'MiB', bytes: 2 ** 20 },
  { name: 'GiB', bytes: 2 ** 30 },
  { name: 'TiB', bytes: 2 ** 40 },
];

export interface Tick {
  readonly bytes: number;
  readonly label: string;
}

/** Marks of an axis of bytes from 0 up to `most`: round in binary units, about as many as wanted. */
export function byteTicks(most: number, wanted: number): readonly Tick[] {
  let step = 1;
  while (step * wanted < most) step *= 2;
  const unit = UNITS.findLast(({ bytes }) => bytes <= step) ?? { name: 'B', bytes: 1 };
  const ticks: Tick[] = [];
  for (let bytes = 0; bytes <= most; bytes += step) {
    ticks.push({ bytes, label: bytes === 0 ? '0' : `${bytes / unit.bytes} ${unit.name}` });
  }
  return ticks;
}
