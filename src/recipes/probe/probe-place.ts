import type { Seat } from '../../validate/memory/calibration.ts';
import type { RunningServer } from '../running-server.ts';
import type { Meter } from './drive-probe.ts';

/** A packaged server that was started where the kernel counts its memory. */
export interface PlacedServer {
  readonly place: 'container' | 'cgroup';
  readonly cgroup: 'v1' | 'v2';
  readonly server: RunningServer;
  readonly meter: Meter;
  readonly ready: Promise<unknown>;
  /** What it wrote last. */
  readonly lastLine: () => string;
  /** Where it runs the model, once it is ready: slow machines give a thread of its own to what fast ones run where requests come in. */
  readonly seat: () => Seat | undefined;
  /** Memory of mapped files that it has touched. */
  readonly mappedBytes: () => number;
  /** Ends it at once and takes away all that was made for it. */
  readonly remove: () => Promise<void>;
}

/** Why there is no such place on this machine. */
export interface NoPlace {
  readonly why: string;
}
