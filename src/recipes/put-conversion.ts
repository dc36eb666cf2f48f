import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/** Cases of an earlier conversion, which this one's replace; others in that folder are the user's. */
const OURS = /^(row|together)-\d+\.json$/;

/** Puts a model and its cases where they belong, each file whole: cases first, the model last. */
export async function putConversion(
  scratch: string,
  { modelPath, casesPath }: { modelPath: string; casesPath: string },
): Promise<void> {
  await mkdir(dirname(modelPath), { recursive: true });
  await mkdir(casesPath, { recursive: true });
  for (const name of await readdir(casesPath)) if (OURS.test(name)) await rm(join(casesPath, name));
  for (const name of await readdir(join(scratch, 'cases')).catch(() => [])) {
    await move(join(scratch, 'cases', name), join(casesPath, name));
  }
  for (const name of await readdir(scratch)) {
    if (name === 'model.onnx' || name === 'cases') continue;
    if (extname(name) === '.data') await move(join(scratch, name), join(dirname(modelPath), name));
  }
  await move(join(scratch, 'model.onnx'), modelPath);
}

/** By way of a temporary name in the same folder, since the cache may lie on another disk. */
async function move(from: string, to: string): Promise<void> {
  const temporary = `${to}.${process.pid}.tmp`;
  await cp(from, temporary);
  await rename(temporary, to);
}
