import type { CommandHealth, Facility, FacilityName } from '../../nouns/machine-health.ts';

interface Needs {
  readonly command: string;
  /** Without any of these it cannot work. */
  readonly needs: readonly FacilityName[];
  /** Of these one is enough; without any it does less. */
  readonly uses?: readonly FacilityName[];
  /** What it does less then. */
  readonly otherwise?: string;
}

/** What has been fetched once is in the cache: then the network is not needed for the same again. */
const COMMANDS: readonly Needs[] = [
  { command: 'init, inspect, diff, lint --static', needs: ['Node'] },
  { command: 'lint, lock, fix', needs: ['Node', 'cache', 'disk', 'npm registry'] },
  {
    command: 'lint --probe',
    needs: ['Node', 'cache', 'disk', 'npm registry'],
    uses: ['memory cgroup', 'container engine'],
    otherwise: 'the memory plan cannot be held against a run',
  },
  { command: 'convert', needs: ['Node', 'cache', 'disk', 'Python'] },
  { command: 'package, dockerfile, rebuild', needs: ['Node', 'cache', 'disk', 'npm registry', 'Debian mirror'] },
  { command: 'package --load', needs: ['Node', 'cache', 'disk', 'npm registry', 'Debian mirror', 'container engine'] },
  {
    command: 'run',
    needs: ['Node', 'cache', 'disk', 'npm registry'],
    uses: ['container engine'],
    otherwise: 'serves on this machine’s Node, without a memory limit',
  },
  {
    command: 'verify',
    needs: ['Node', 'cache', 'disk', 'npm registry', 'Debian mirror'],
    uses: ['container engine'],
    otherwise: 'runs the unpacked image as a process, and says so',
  },
];

/** What each command can do where these facilities are there or lack. */
export function commandHealth(facilities: readonly Facility[]): readonly CommandHealth[] {
  const missing = new Set(facilities.filter(({ state }) => state === 'lacking').map(({ name }) => name));
  return COMMANDS.map(({ command, needs, uses = [], otherwise = '' }) => {
    const lacks = needs.filter((name) => missing.has(name));
    if (lacks.length > 0) return { command, state: 'lacking', lacks, detail: `wants ${lacks.join(', ')}` };
    if (uses.length === 0 || uses.some((name) => !missing.has(name)))
      return { command, state: 'works', lacks, detail: '' };
    return { command, state: 'partly', lacks: uses, detail: `without ${uses.join(' or ')}: ${otherwise}` };
  });
}
