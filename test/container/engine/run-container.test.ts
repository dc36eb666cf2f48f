import assert from 'node:assert/strict';
import { runContainer } from '../../../src/container/engine/run-container.ts';
import { withFolder } from '../image/fixtures.ts';
import { type Rows, withEngine } from './fake-engine.ts';

describe('starting a container', () => {
  it('asks for no privileges, a memory limit without swap and the loopback address, and removes what did not start', async () => {
    await withFolder(async (folder) => {
      const rows: Rows = [
        [/^GET \/containers\/json/, () => ({ json: [] })],
        [/^POST \/containers\/create/, () => ({ status: 201, json: { Id: 'c1' } })],
        [/^POST \/containers\/c1\/attach/, () => ({ status: 500, json: { message: 'port is already allocated' } })],
        [/^DELETE \/containers\/c1/, () => ({ status: 204 })],
      ];
      await withEngine(folder, rows, async (engine, calls) => {
        const options = {
          image: 'small',
          name: 'small',
          port: 0,
          graceSeconds: 1,
          memoryBytes: 2 ** 26,
          onLog: () => {},
        };
        await assert.rejects(runContainer(engine, options), { code: 'engine/port-taken' });
        const created = calls.find(({ line }) => line.startsWith('POST /containers/create'));
        assert.match(created?.line ?? '', /name=small-[0-9a-f]{8}\b/);
        const { HostConfig } = JSON.parse(created?.body.toString() ?? '');
        assert.deepEqual(HostConfig, {
          Init: false,
          AutoRemove: false,
          CapDrop: ['ALL'],
          SecurityOpt: ['no-new-privileges'],
          ReadonlyRootfs: true,
          PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] },
          Memory: 2 ** 26,
          MemorySwap: 2 ** 26,
        });
        assert.ok(calls.some(({ line }) => line.startsWith('DELETE /containers/c1') && line.includes('force=true')));
      });
    });
  });

  it('removes the containers of dead processes, and only those', async () => {
    await withFolder(async (folder) => {
      const container = (Id: string, pid: number) => ({ Id, Labels: { 'plimsoll.owner.process': String(pid) } });
      const rows: Rows = [
        [/^GET \/containers\/json/, () => ({ json: [container('dead', 2 ** 30), container('alive', process.pid)] })],
        [/^DELETE /, () => ({ status: 204 })],
      ];
      await withEngine(folder, rows, async (engine, calls) => {
        const options = { image: 'gone', name: 'x', port: 0, graceSeconds: 1, onLog: () => {} };
        await assert.rejects(runContainer(engine, options), { name: 'Failure' });
        const removed = calls.filter(({ line }) => line.startsWith('DELETE')).map(({ line }) => line.split('?')[0]);
        assert.deepEqual(removed, ['DELETE /containers/dead']);
      });
    });
  });

  it('starts nothing when it is called off beforehand', async () => {
    await withFolder(async (folder) => {
      await withEngine(folder, [], async (engine, calls) => {
        const before = calls.length;
        const signal = AbortSignal.abort(new Error('called off'));
        const options = { image: 'small', name: 'x', port: 0, graceSeconds: 1, onLog: () => {}, signal };
        await assert.rejects(runContainer(engine, options), /called off/);
        assert.equal(calls.length, before);
      });
    });
  });
});
