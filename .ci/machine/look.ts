import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { makeGroup } from '../../src/container/cgroup/make-group.ts';
import { readControlGroupLimits, readControlGroupMemory } from '../../templates/server/cgroup.ts';

/**
 * Run in a virtual machine: what the server reads of its control groups (`limits`), and whether the packager can make a group that counts,
 * holds a process to its limit and goes away (`group`). Prints one line of JSON; a group that does not do so is exit 1.
 */
const MIB = 2 ** 20;
if (process.argv[2] === 'limits') {
  const { memoryBytes, processors } = readControlGroupLimits();
  console.log(JSON.stringify({ memoryBytes, processors, isCounted: (readControlGroupMemory() ?? 0) > MIB }));
} else await tryGroup();

async function tryGroup(): Promise<void> {
  const making = makeGroup(96 * MIB);
  if (making.made === null) return refuse(making.why);
  const { group, members, remove } = making.made;
  const eat = (mebibytes: number) => {
    const program = `Buffer.alloc(${mebibytes} * 2 ** 20, 1)`;
    return spawnSync('sh', ['-c', `echo $$ >${members} && exec ${process.execPath} -e '${program}'`]);
  };
  const small = eat(20);
  const peakBytes = group.peakBytes;
  const countsAnew = group.countAnew();
  const peakAnewBytes = group.peakBytes;
  const killsBefore = group.kills;
  const large = eat(300);
  const { kills, version } = group;
  await remove();
  console.log(JSON.stringify({ version, peakBytes, countsAnew, peakAnewBytes, killsBefore, kills }));
  if (small.status !== 0) refuse(`a small process ended with ${small.status ?? small.signal}: ${small.stderr}`);
  if (peakBytes < 20 * MIB || peakBytes > 97 * MIB) refuse(`the peak of 20 MiB and Node is ${peakBytes}`);
  if (countsAnew && peakAnewBytes >= peakBytes) refuse('the peak was not counted anew');
  if (killsBefore !== 0 || kills === 0 || large.signal !== 'SIGKILL')
    refuse('a large process was not killed, or not counted');
  if (existsSync(group.folder)) refuse(`${group.folder} was left behind`);
}

function refuse(why: string): void {
  console.error(why);
  process.exitCode = 1;
}
