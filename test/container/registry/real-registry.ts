import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RealRegistry {
  /** `127.0.0.1:PORT`. */
  readonly name: string;
  /** Folder of its files. */
  readonly folder: string;
  close(): Promise<void>;
}

export const HAS_REAL_REGISTRY = spawnSync('docker-registry', ['--version']).status === 0;

/** The registry that Debian packages, on a free port, with its files in a folder of its own. */
export async function startRealRegistry(env: Readonly<Record<string, string>> = {}): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'plimsoll-real-registry-'));
  const name = `127.0.0.1:${await freePort()}`;
  const settings = {
    REGISTRY_VERSION: '0.1',
    REGISTRY_LOG_LEVEL: 'error',
    REGISTRY_LOG_ACCESSLOG_DISABLED: 'true',
    REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: folder,
    REGISTRY_STORAGE_DELETE_ENABLED: 'true',
    REGISTRY_HTTP_ADDR: name,
    REGISTRY_HTTP_SECRET: 'of this test',
  };
  const { writeFile } = await import('node:fs/promises');
  const config = join(folder, 'config.yml');
  await writeFile(config, 'version: 0.1\nstorage: { filesystem: {} }\nhttp: {}\n');
  const child = spawn('docker-registry', ['serve', config], {
    env: { PATH: process.env.PATH, ...settings, ...env },
    stdio: 'ignore',
  });
  await untilUp(name, child);
  return {
    name,
    folder,
    close: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function untilUp(name: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100 && child.exitCode === null; tries += 1) {
    const up = await fetch(`http://${name}/v2/`).then(
      (answer) => answer.status === 200 || answer.status === 401,
      () => false,
    );
    if (up) return;
    await sleep(50);
  }
  throw new Error('docker-registry did not start');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
