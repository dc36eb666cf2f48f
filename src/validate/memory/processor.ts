/** What of a processor decides how large the forms are that the runtime's matrix library (MLAS) gives to weights and images. */
export interface Processor {
  readonly name: string;
  /** Channels that blocked convolutions keep together. */
  readonly channelBlock: number;
  /** Depth that 8-bit products take at once. */
  readonly depthBlock: number;
}

/** The ones that the upper bound holds for. */
export const PROCESSORS: readonly Processor[] = [
  { name: 'x86-64 AVX2', channelBlock: 8, depthBlock: 4 },
  // Tiles of AMX, where a processor has them, take 64 rows of 8-bit weights.
  { name: 'x86-64 AVX-512', channelBlock: 16, depthBlock: 64 },
  // Matrix instructions of 8-bit integers take 8.
  { name: 'arm64', channelBlock: 16, depthBlock: 8 },
];

/** The one of this name; the first where a calibration names one that is not known. */
export function processorOf(name: string): Processor {
  return PROCESSORS.find((processor) => processor.name === name) ?? (PROCESSORS[0] as Processor);
}
