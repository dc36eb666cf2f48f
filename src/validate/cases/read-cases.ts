import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from '../../../schemas/case.ts';
import type { CaseSignature } from './case-signature.ts';
import { readJsonCase } from './read-json-case.ts';
import { readTestData } from './read-test-data.ts';
import { refuseCase, unreadableCase } from './refuse-case.ts';

/** Asked only where cases are tensors without names of their own. */
type FindSignature = () => CaseSignature;

/**
 * The cases of a folder, in the order of their names: JSON files, and folders of test data as ONNX keeps them. The folder may
 * itself be one of the latter.
 * @throws Failure `cases/missing`, `cases/empty`, `cases/invalid`.
 */
export async function readCases(folder: string, signature: FindSignature): Promise<readonly Case[]> {
  const cases: Case[] = [];
  for (const path of await casePaths(folder)) cases.push(await readCase(path, signature));
  return cases;
}

/** The first case alone: what a trial run is fed with. */
export async function readFirstCase(folder: string, signature: FindSignature): Promise<Case> {
  const [first] = await casePaths(folder);
  return readCase(first, signature);
}

const EMPTY = 'holds no *.json file and no test_data_set folder';

async function casePaths(folder: string): Promise<readonly [string, ...string[]]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw unreadableCase(folder, cause);
  });
  const [first, ...others] = entries
    .filter(isCase)
    .map(({ name }) => name)
    .sort(byNumber);
  if (first !== undefined) return [join(folder, first), ...others.map((name) => join(folder, name))];
  if (entries.some(({ name }) => TENSOR.test(name))) return [folder];
  throw refuseCase(folder, { code: 'empty', message: EMPTY });
}

const TENSOR = /^(input|output)_\d+\.pb$/;
const DATA_SET = /^test_data_set_?\d*$/;

function isCase(entry: Dirent): boolean {
  return entry.name.endsWith('.json') || (DATA_SET.test(entry.name) && !entry.isFile());
}

/** By bytes, but that the tenth data set comes after the second. */
function byNumber(a: string, b: string): number {
  if (DATA_SET.test(a) && DATA_SET.test(b) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

function readCase(path: string, signature: FindSignature): Promise<Case> {
  return path.endsWith('.json') ? readJsonCase(path) : readTestData(path, signature());
}
