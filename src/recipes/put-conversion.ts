import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, extname, join, parse } from 'node:path';

/** Cases of conversions, which the next one's replace; others in that folder are the user's. */
const OURS = /^(row|together)-\d+$/;

/** Whether a case of that name was written by a conversion. */
export function isOurCase(name: string): boolean {
  return OURS.test(name);
}

/** Puts a model and its cases where they belong, each file whole: cases first, the model last. */
export async function putConversion(
  scratch: string,
  { modelPath, casesPath }: { modelPath: string; casesPath: string },
): Promise<void> {
  await mkdir(dirname(modelPath), { recursive: true });
  await mkdir(casesPath, { recursive: true });
  for (const name of await readdir(casesPath)) if (isOurCase(parse(name).name)) await rm(join(casesPath, name));
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
