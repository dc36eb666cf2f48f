import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE, SERVER_CORE } from './contestants.ts';
import { RawConnection } from './raw-client.ts';
import type { BenchWork } from './setup.ts';

const PROGRAM = fileURLToPath(new URL('../peers/floor.mjs', import.meta.url));

export interface Floor {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts a program on the server's processor that answers a question with what the server at `port` answers to it, and does nothing else:
 * no server can be quicker for this client.
 */
export async function startFloor(
  question: Buffer,
  { work, port }: { readonly work: BenchWork; readonly port: number },
): Promise<Floor> {
  const connection = await RawConnection.open(port);
  const { head, body } = await connection.ask(question);
  connection.close();
  const file = join(work.folder, 'floor-answer');
  writeFileSync(file, Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]));
  const child = spawn('taskset', ['-c', SERVER_CORE, NODE, PROGRAM, `${question.length}`, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const [told] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    port: Number(told),
    async stop() {
      process.off('exit', kill);
      kill();
      await once(child, 'exit');
    },
  };
}
