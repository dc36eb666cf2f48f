import { findEngine } from '../container/engine/find-engine.ts';
import { loadImage } from '../container/engine/load-image.ts';
import { removeImage } from '../container/engine/remove-image.ts';
import { runToEnd } from '../container/engine/run-to-end.ts';
import { composeImage } from '../container/image/compose.ts';
import { digestOf, hexOf } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { BaseImage, ImageBase } from '../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../nouns/platform.ts';
import type { Assembly } from './assembly.ts';
import { startConfig } from './image-config.ts';
import { packLayers } from './pack-layers.ts';
import type { Workbench } from './workbench.ts';

export interface Trial {
  readonly base: ImageBase;
  readonly image: BaseImage;
  readonly assembly: Assembly;
  readonly bench: Workbench;
}

/** Loads the runtime with all of its libraries, which is what a base can spoil. */
const PROGRAM = "require('/app/node_modules/onnxruntime-node'); console.log('it runs');";

/**
 * Starts Node and loads the runtime on this base in the container engine, without a network, a writable file or a privilege: never on
 * the machine itself, since the base is somebody else's. Whether it was tried: not where there is no engine for the platform. Throws
 * `base/does-not-run`.
 */
export async function tryBase(platform: Platform, { base, image, assembly, bench }: Trial): Promise<boolean> {
  const search = await findEngine(bench.machine.env, bench.machine);
  if (!('engine' in search) || search.engine.architecture !== PLATFORMS[platform].architecture) {
    bench.progress.note(
      `${base.name} for ${platform} was checked by its files; no engine of that processor is here to run it`,
    );
    return false;
  }
  const { engine } = search;
  const step = bench.progress.step(`try the base for ${platform} in the engine`);
  const packed = await packLayers(assembly, [platform], bench, { only: ['base', 'node', 'onnxruntime'] });
  const trial = composeImage({
    platform,
    layers: packed.get(platform) ?? [],
    config: {
      ...startConfig(image),
      entrypoint: ['/usr/local/bin/node', '-e', PROGRAM],
      workingDirectory: '/',
      labels: {},
    },
    created: assembly.time,
  });
  const reference = `plimsoll-base-trial:${hexOf(digestOf(trial.config.bytes)).slice(0, 12)}`;
  try {
    const { id } = await loadImage(engine, trial, { reference, ...(bench.signal && { signal: bench.signal }) });
    const { code, output } = await runToEnd(engine, { image: id, ...(bench.signal && { signal: bench.signal }) });
    step.done(code === 0 ? '' : `exit code ${code}`);
    if (code === 0) return true;
    throw doesNotRun(`${base.name} for ${platform}`, { code, output });
  } finally {
    await removeImage(engine, reference);
  }
}

function doesNotRun(
  name: string,
  { code, output }: { readonly code: number | null; readonly output: string },
): Failure {
  const how = code === null ? 'it did not end in time' : `exit code ${code}`;
  return new Failure(`the runtime does not run on ${name}: ${how}${output === '' ? '' : `: ${output}`}`, {
    code: 'base/does-not-run',
    exit: EXIT.usage,
    mend: 'Name another image at the key "base" of plimsoll.yaml, or leave the key out; docs/base.md says what a base needs.',
  });
}
