/** What a machine may have that commands need. */
export type FacilityName =
  | 'Node'
  | 'cache'
  | 'disk'
  | 'npm registry'
  | 'Debian mirror'
  | 'proxy'
  | 'container engine'
  | 'memory cgroup'
  | 'Python';

export interface Facility {
  readonly name: FacilityName;
  readonly state: 'there' | 'lacking';
  /** What was found, or why it lacks. */
  readonly detail: string;
  /** What to do about it; `null` where nothing lacks. */
  readonly mend: string | null;
}

export interface CommandHealth {
  readonly command: string;
  /** `partly`: it does without what lacks, and says so. */
  readonly state: 'works' | 'partly' | 'lacking';
  readonly lacks: readonly FacilityName[];
  /** What it does, or does otherwise. */
  readonly detail: string;
}

/** What a machine has, and what each command can do on it. */
export interface MachineHealth {
  readonly facilities: readonly Facility[];
  readonly commands: readonly CommandHealth[];
}
