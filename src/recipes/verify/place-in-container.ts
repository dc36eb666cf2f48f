import { type ClosedNetwork, openClosedNetwork } from '../../container/engine/closed-network.ts';
import type { Engine } from '../../container/engine/engine.ts';
import { type ContainerExit, type RunningContainer, runContainer } from '../../container/engine/run-container.ts';
import { Failure } from '../../nouns/failure.ts';
import { GRPC_PORT } from '../engine-server.ts';
import { type LoadedHeldImage, loadHeldImage } from '../load-held-image.ts';
import type { Workbench } from '../workbench.ts';
import type { Addresses } from './client.ts';
import type { ImageUnderTest } from './image-under-test.ts';
import { type KeptLog, keepLog } from './keep-log.ts';
import type { Place } from './place.ts';
import { watchStart } from './watch-start.ts';

/** A container that is asked to stop has nothing to drain. */
const GRACE_SECONDS = 2;

/** How long an address of a network of the engine may take to answer, before it counts as one of another machine. */
const REACH_WITHIN_MS = 3_000;

interface ContainerOptions {
  readonly engine: Engine;
  readonly limitBytes: number | null;
  readonly bench: Workbench;
}

/**
 * Starts an image in the engine as it would be in a cluster: under its limit, read-only, without privileges, and in a network that leads
 * nowhere. Where the engine runs in a machine of its own such a network is out of reach; then its port is published, and the report says so.
 */
export async function placeInContainer(image: ImageUnderTest, options: ContainerOptions): Promise<Place> {
  const loaded = await loadHeldImage(image, { ...options, purpose: 'verify' });
  const startBeside = (other: ImageUnderTest) => placeInContainer(other, { ...options, limitBytes: null });
  const closed = await start(loaded, { ...options, isOpen: false });
  if (await isReached(closed)) return { ...closed, startBeside };
  await closed.stop();
  return { ...(await start(loaded, { ...options, isOpen: true })), startBeside };
}

type StartedPlace = Place & { readonly stop: () => Promise<void> };

async function start(
  { id, release }: LoadedHeldImage,
  { engine, limitBytes, bench, isOpen }: ContainerOptions & { readonly isOpen: boolean },
): Promise<StartedPlace> {
  const log = keepLog();
  let network: ClosedNetwork | undefined;
  try {
    network = isOpen ? undefined : await openClosedNetwork(engine, 'plimsoll-verify');
    const container = await runContainer(engine, {
      image: id,
      name: 'plimsoll-verify',
      port: 0,
      furtherPorts: [GRPC_PORT],
      graceSeconds: GRACE_SECONDS,
      onLog: log.onLog,
      ...(network && { network: network.name }),
      ...(limitBytes !== null && { memoryBytes: limitBytes }),
      ...(bench.signal && { signal: bench.signal }),
    });
    const stop = async () => {
      await container.stop(GRACE_SECONDS);
      await network?.close();
    };
    return {
      facts: {
        kind: 'container',
        limitBytes,
        limitHeld: limitBytes !== null,
        network: isOpen ? 'open' : 'none',
        readOnly: true,
        why: null,
      },
      addresses: () => addressesOf(container, { isOpen, grpcPort: log.said()?.grpcPort }),
      start: watchStart(log.ready, container.exited),
      exited: container.exited,
      log: log.lines,
      stop,
      remove: async () => {
        await stop();
        await release();
      },
    };
  } catch (error) {
    await network?.close();
    await release();
    if (error instanceof Failure && error.code === 'engine/ended-at-once')
      return endedPlace(error.cause as ContainerExit, { limitBytes, log });
    throw error;
  }
}

/** A port of gRPC is the container's own in its network, and one of this machine's where it is published. */
function addressesOf(
  { host, port, ports }: RunningContainer,
  { isOpen, grpcPort }: { readonly isOpen: boolean; readonly grpcPort: number | undefined },
): Addresses {
  const reached = grpcPort === undefined || !isOpen ? grpcPort : ports.get(grpcPort);
  return { http: `http://${host}:${port}`, grpc: reached === undefined ? undefined : `http://${host}:${reached}` };
}

/** One whose container was gone before anybody could ask where it is. */
function endedPlace(
  exit: ContainerExit,
  { limitBytes, log }: { readonly limitBytes: number | null; readonly log: KeptLog },
): StartedPlace {
  return {
    facts: {
      kind: 'container',
      limitBytes,
      limitHeld: limitBytes !== null,
      network: 'none',
      readOnly: true,
      why: null,
    },
    addresses: () => ({ http: '', grpc: undefined }),
    start: Promise.resolve(exit),
    exited: Promise.resolve(exit),
    log: log.lines,
    stop: async () => {},
    remove: async () => {},
  };
}

/** Ready and answering, or not ready for reasons of its own, which the checks find out. */
async function isReached(place: Place): Promise<boolean> {
  if ((await place.start) !== 'ready') return true;
  return fetch(`${place.addresses().http}/v2/health/live`, { signal: AbortSignal.timeout(REACH_WITHIN_MS) }).then(
    () => true,
    () => false,
  );
}
