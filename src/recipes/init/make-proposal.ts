import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { CONFIG_NAME, imageName } from '../../project/read-project.ts';
import { summariseModel } from '../../validate/summary/summarise-model.ts';
import { ciWorkflow } from './ci-workflow.ts';
import { type CodeHost, findRepository } from './code-host.ts';
import { type ConfigChoices, configText } from './config-text.ts';
import type { FoundModel } from './find-model.ts';
import { withIgnoredLines } from './ignore-lines.ts';
import { type ProposedBounds, proposeBounds } from './propose-bounds.ts';

/** A file to write: a whole one, or one that is there with lines added. */
export interface ProposedFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Whether another one of ours or others' would be lost. */
  readonly replaces: boolean;
  readonly remark?: string;
}

export interface ProposalOptions {
  readonly bounds: ProposedBounds;
  readonly memory: string | undefined;
  readonly allowCode: boolean;
  /** `none`: no workflow; `undefined`: what the repository tells. */
  readonly ci: CodeHost | 'none' | undefined;
}

/** What the inputs of a found model leave open; nothing is known of a model that is yet to be converted. */
export function openBounds(found: FoundModel): ProposedBounds {
  return found.kind === 'onnx' ? proposeBounds(summariseModel(found.model)) : { bounds: [], nameless: [] };
}

/** The files that make a project of a model: its configuration, what Git ignores, and a workflow where a code host is known. */
export async function makeProposal(found: FoundModel, options: ProposalOptions): Promise<readonly ProposedFile[]> {
  const name = nameOf(found);
  const choices: ConfigChoices = { ...options, ...options.bounds, name, found, cases: await casesIn(found.folder) };
  const ignored = await ignoredFile(found.folder);
  const config = join(found.folder, CONFIG_NAME);
  return [
    { path: config, text: configText(choices), replaces: existsSync(config) },
    ...(ignored ? [ignored] : []),
    ...(await workflowFiles(name, found.folder, options.ci)),
  ];
}

/** @throws Failure `init/exists` for files that would be lost, before anything is written. */
export function assertNothingLost(files: readonly ProposedFile[]): void {
  const lost = files.filter(({ replaces }) => replaces).map(({ path }) => path);
  if (lost.length === 0) return;
  throw new Failure(`${lost.join(' and ')} ${lost.length === 1 ? 'is' : 'are'} there already; nothing was written`, {
    code: 'init/exists',
    exit: EXIT.usage,
    mend: 'Replace with --force, or work with what is there: plimsoll lint judges it. --ci none leaves the workflow alone.',
  });
}

/** A file called model.onnx says nothing; then the folder's name does. */
function nameOf(found: FoundModel): string {
  const file = found.kind === 'onnx' ? found.file : found.source;
  const stem = basename(file).replace(/[.:].*$/, '');
  return imageName(/^(model|train|saved_model)$/i.test(stem) ? basename(found.folder) : stem);
}

async function casesIn(folder: string): Promise<string | undefined> {
  const holds = async (place: string, ending: RegExp) =>
    (await readdir(join(folder, place)).catch(() => [])).some((name) => ending.test(name));
  if (await holds('cases', /\.json$|^test_data_set/)) return 'cases/';
  return (await holds('.', /^test_data_set_?\d*$/)) ? '.' : undefined;
}

async function ignoredFile(folder: string): Promise<ProposedFile | undefined> {
  const path = join(folder, '.gitignore');
  const text = withIgnoredLines(await readFile(path, 'utf8').catch(() => ''));
  return text === undefined ? undefined : { path, text, replaces: false };
}

async function workflowFiles(
  name: string,
  folder: string,
  ci: ProposalOptions['ci'],
): Promise<readonly ProposedFile[]> {
  const repository = await findRepository(folder);
  const host = ci ?? repository?.host ?? 'none';
  if (host === 'none') return [];
  const root = repository?.root ?? folder;
  const isTaken = existsSync(join(root, '.gitlab-ci.yml'));
  const { path, text, remark } = ciWorkflow(host, {
    name,
    place: relative(root, folder).split(sep).join('/'),
    isTaken,
  });
  const file = join(root, path);
  return [{ path: file, text, replaces: existsSync(file), ...(remark !== undefined && { remark }) }];
}
