import { Readable } from 'node:stream';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Progress, SILENT } from '../../nouns/progress.ts';
import { isSameList } from '../../nouns/same-list.ts';
import { dockerArchiveTree } from '../image/archive-tree.ts';
import type { Image } from '../image/compose.ts';
import { type ImageName, parseImageName } from '../image/image-name.ts';
import { tar, tarSize } from '../image/tar.ts';
import type { Engine } from './engine.ts';
import { asEngineFailure, statusOf } from './engine-failure.ts';

export interface LoadOptions {
  /** `NAME[:TAG]`, which the image gets in the engine. */
  readonly reference: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

export interface LoadedImage {
  /** The engine's id, by which a container is made of exactly this image whatever the tag points at later. */
  readonly id: string;
  /** `NAME:TAG`. */
  readonly reference: string;
  /** The engine had it already. */
  readonly reused: boolean;
}

/**
 * Streams the image into the engine, tags it, and makes sure that what the tag names there is this image. Throws
 * `engine/…` Failures.
 */
export async function loadImage(engine: Engine, image: Image, options: LoadOptions): Promise<LoadedImage> {
  const name = parseImageName(options.reference);
  const reference = `${name.name}:${name.tag}`;
  const step = (options.progress ?? SILENT).step(`load ${reference} into the engine`);
  try {
    const known = await inspect(engine, image.config.digest);
    if (known) {
      await engine.docker.getImage(known.Id).tag({ repo: name.name, tag: name.tag });
      step.done('reused');
      return { id: known.Id, reference, reused: true };
    }
    const tree = dockerArchiveTree(image, name);
    step.total(tarSize(tree));
    await send(
      engine,
      Readable.from(
        counted(tar(tree, { ...options, mtime: 0 }), (bytes) => step.advance(bytes)),
        { objectMode: false },
      ),
    );
    const id = await assertLoaded(engine, { image, name });
    step.done(formatByteSize(tarSize(tree)));
    return { id, reference, reused: false };
  } catch (error) {
    throw asEngineFailure(error, `load ${reference}`);
  }
}

async function send(engine: Engine, archive: Readable): Promise<void> {
  const failed = new Promise<never>((_, reject) => archive.once('error', reject));
  const answer = await Promise.race([engine.docker.loadImage(archive, { quiet: true }), failed]);
  const problem = await new Promise<unknown>((resolve) => {
    engine.docker.modem.followProgress(answer, (error: unknown, lines: readonly { error?: string }[] | null) =>
      resolve(error ?? lines?.find((line) => line.error)?.error),
    );
  });
  if (problem) throw problem;
}

/** Docker's own store names an image by its configuration, containerd's by a manifest of its own making: there the layers decide. */
async function assertLoaded(
  engine: Engine,
  { image, name }: { readonly image: Image; readonly name: ImageName },
): Promise<string> {
  const reference = `${name.name}:${name.tag}`;
  const found = await inspect(engine, reference);
  const wanted = image.layers.map((layer) => layer.diffId);
  const layers: readonly string[] = found?.RootFS.Layers ?? [];
  if (found && (found.Id === image.config.digest || isSameList(wanted, layers))) return found.Id;
  throw new Failure(`the engine has ${found?.Id ?? 'nothing'} as ${reference}, wanted ${image.config.digest}`, {
    code: 'engine/wrong-image',
    exit: EXIT.system,
    mend: 'Something else may have taken the name in that moment: run again. If it stays so, load a docker-archive by hand and compare.',
  });
}

async function inspect(engine: Engine, reference: string) {
  try {
    return await engine.docker.getImage(reference).inspect();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, see: (bytes: number) => void) {
  for await (const piece of source) {
    see(piece.length);
    yield piece;
  }
}
