import { spawnSync } from 'node:child_process';

/**
 * Linux can give a process numbers of its own to all that it starts, so that nothing outlives it, whatever it calls, and a network
 * of its own that leads nowhere. The first is left out where a container allows the second alone.
 */
const WITHOUT_NETWORK: readonly (readonly string[])[] = [
  ['unshare', '--map-current-user', '--net', '--pid', '--fork', '--kill-child', '--'],
  ['unshare', '--map-current-user', '--net', '--'],
];
const WITH_NETWORK: readonly (readonly string[])[] = [
  ['unshare', '--map-current-user', '--pid', '--fork', '--kill-child', '--'],
];

/** What to start a program by, so that it leaves nothing behind and has no network; empty where the system gives no such thing. */
export function confinement({ network }: { readonly network: boolean }): readonly string[] {
  if (process.platform !== 'linux') return [];
  return network ? withNetwork() : withoutNetwork();
}

const withNetwork = once(WITH_NETWORK);
const withoutNetwork = once(WITHOUT_NETWORK);

/** What a machine allows does not change while this runs. */
function once(ways: readonly (readonly string[])[]): () => readonly string[] {
  let found: readonly string[] | undefined;
  return () => {
    found ??= ways.find(isAllowed) ?? [];
    return found;
  };
}

function isAllowed([program = '', ...args]: readonly string[]): boolean {
  return spawnSync(program, [...args, 'true'], { stdio: 'ignore' }).status === 0;
}
