/** How the server loads a model: the least memory, or the least time. */
export type Profile = 'lean' | 'fast';

/** What the runtime's `InferenceSession.create` takes, as plain JSON: it travels through `plan.json` and between processes. */
export interface SessionOptions {
  readonly [option: string]:
    | string
    | number
    | boolean
    | readonly string[]
    | { readonly [section: string]: unknown }
    | undefined;
  readonly executionProviders?: readonly string[];
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'layout' | 'all';
  readonly enableCpuMemArena?: boolean;
  readonly enableMemPattern?: boolean;
  readonly executionMode?: 'sequential' | 'parallel';
  readonly optimizedModelFilePath?: string;
  /** From 0, all, to 4, what ends the process. */
  readonly logSeverityLevel?: number;
  /** Session configuration entries of the C interface; the binding takes strings only. */
  readonly extra?: { readonly session: Readonly<Record<string, string>> };
}

/**
 * The environment that the memory plan counts on, for the image and for every process that loads a model. With the arena
 * off, freed activations must go back to the system at once: blocks of 64 KiB and more are mapped one by one, the heap's top
 * is trimmed, and two malloc arenas are shared by all threads. These are variables of glibc; other libraries ignore them.
 */
export const RUNTIME_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
  ORT_DISABLE_TELEMETRY: '1',
};

/** Those of them without which the plan does not hold. */
export const PLANNED_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(RUNTIME_ENVIRONMENT).filter(([name]) => name.startsWith('MALLOC_')),
);

const COMMON = {
  executionProviders: ['cpu'],
  executionMode: 'sequential',
  enableCpuMemArena: false,
  enableMemPattern: true,
} as const;

/** The form in which a model ships: optimised offline, or as the user gave it where that cannot be. */
export type ModelForm = 'prepared' | 'original';

const NOT_REPACKED = { session: { disable_prepacking: '1' } };

const OPTIONS: Readonly<Record<ModelForm, Readonly<Record<Profile, SessionOptions>>>> = {
  prepared: {
    // The file is optimised already, and weights stay in the mapped file only where nothing repacks them.
    lean: { ...COMMON, graphOptimizationLevel: 'disabled', extra: NOT_REPACKED },
    fast: { ...COMMON, graphOptimizationLevel: 'all' },
  },
  original: {
    lean: { ...COMMON, graphOptimizationLevel: 'extended', extra: NOT_REPACKED },
    fast: { ...COMMON, graphOptimizationLevel: 'all' },
  },
};

/**
 * Only the layout pass of this level has anything to do: it lays out the filters that are held, and warns of each other one, since that has
 * become an input.
 */
const HELD: SessionOptions = { ...COMMON, graphOptimizationLevel: 'all', extra: NOT_REPACKED, logSeverityLevel: 3 };

/** The one description of how a profile loads a model: for the server, the trial run, the probe and the plan. */
export function sessionOptions(
  profile: Profile,
  { form = 'prepared', holdsFilters = false }: { readonly form?: ModelForm; readonly holdsFilters?: boolean } = {},
): SessionOptions {
  return holdsFilters && profile === 'lean' ? HELD : OPTIONS[form][profile];
}
