import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { HeldIndex } from '../container/held/held-index.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { ALL_PLATFORMS, PLATFORMS } from '../nouns/platform.ts';
import type { ImageVerdict } from '../nouns/verdict.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject } from '../project/read-project.ts';
import { writeWhole } from '../project/write-whole.ts';
import { readCarriedLock } from '../recipes/carried-lock.ts';
import { IMAGE_FORMS, openImage } from '../recipes/open-image.ts';
import { defaultSink } from '../recipes/sinks.ts';
import { attachVerdict, registryReference } from '../recipes/verify/attach-verdict.ts';
import type { EngineWish } from '../recipes/verify/choose-place.ts';
import { keepVerdict, readVerdict, VERDICTS_FOLDER, verdictName } from '../recipes/verify/keep-verdict.ts';
import { subjectOf } from '../recipes/verify/subject-of.ts';
import { type VerifySubject, verifyImage } from '../recipes/verify/verify-image.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import { renderVerdict, VERDICT_FORMATS } from '../report/verdict/render-verdict.ts';
import { choiceOf } from './choice.ts';
import type { CommandSpec, Door, Flags } from './command.ts';
import { isImage } from './is-image.ts';
import { OUTPUT_OPTION, outputOf } from './output-option.ts';
import { packageModel } from './package.ts';
import { pageOptionsOf } from './page-options.ts';
import { selectionOf } from './selection.ts';
import { tellFindings } from './tell-packaged.ts';

const ENGINES: readonly [EngineWish, ...EngineWish[]] = ['auto', 'docker', 'none'];

export const verifyCommand: CommandSpec = {
  name: 'verify',
  summary: 'run a built image under its limit, replay cases, and say whose each failure is',
  argument: {
    name: 'path-or-image',
    description: `a project, whose image is built where there is none; or an image: ${IMAGE_FORMS}`,
    default: '.',
  },
  options: [
    {
      flags: '--project <path>',
      description: 'the project that an image belongs to: its cases, tolerances, budgets and owners',
      names: 'file',
    },
    { flags: '--cases <folder>', description: 'folder of cases, over the configuration', names: 'folder' },
    { flags: '--memory <size>', description: 'the container’s memory limit, over the configuration and the image' },
    { flags: '--engine <engine>', description: 'where it runs (default: docker where there is one)', choices: ENGINES },
    { flags: '--format <format>', description: 'how the report is written (default: text)', choices: VERDICT_FORMATS },
    OUTPUT_OPTION,
    {
      flags: '--released <verdict>',
      description:
        'the verdict of the released image, a file or the digest of an image that has one: metrics may not be worse',
      names: 'file',
    },
    { flags: '--attach', description: 'hang the verdict on the image in its registry, as a referrer' },
    {
      flags: '--keep <folder>',
      description: `where verdict and failing requests are kept (default: ${VERDICTS_FOLDER} beside the lock)`,
      names: 'folder',
    },
  ],
  examples: [
    'plimsoll verify examples/sklearn',
    'plimsoll verify registry.example/team/model@sha256:DIGEST --project .',
    'plimsoll verify oci:image --cases cases --engine none --format junit --output verdict.xml',
  ],
  async run(named, flags, door) {
    const format = choiceOf(flags, 'format', VERDICT_FORMATS);
    const engine = choiceOf(flags, 'engine', ENGINES);
    const output = outputOf(flags, door);
    if (flags.attach === true) registryReference(named);
    const isOfImage = isImage(named, door.machine.workingFolder);
    const path = projectPath(named, isOfImage, flags);
    const bench = await openWorkbench(door);
    const scratch = bench.cache.scratch();
    try {
      await mkdir(scratch);
      const { workingFolder } = door.machine;
      const project = path === undefined ? undefined : await readProject(selectionOf(path, flags), workingFolder);
      const index =
        project && !isOfImage
          ? await imageOf(project, { path: named, flags, scratch, door, bench })
          : await openImage(named, workingFolder, bench);
      if (typeof index === 'number') return index;
      try {
        const { verdict, file } = await verifyAndKeep(index, { project, flags, engine, door, bench });
        const page = await renderVerdict(verdict, format, {
          ...pageOptionsOf(door),
          folder: workingFolder,
          file: project?.lockPath,
        });
        if (output === undefined) door.print(page.trimEnd());
        else await writeWhole(output, page);
        door.tell(`kept in ${file}`);
        if (flags.attach === true) door.tell(`attached as ${await attachVerdict(verdict, { index, named }, bench)}`);
        return exitOf(verdict);
      } finally {
        await index.close();
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
      await bench.close();
    }
  },
};

/** The project that is named, or the one that an image is said to belong to. */
function projectPath(named: string, isOfImage: boolean, { project }: Flags): string | undefined {
  const path = typeof project === 'string' ? project : undefined;
  if (isOfImage) return path;
  if (path === undefined) return named;
  throw new Failure(`--project says whose an image is, and ${named} is no image`, {
    code: 'usage/project',
    exit: EXIT.usage,
    mend: `Name one of them: plimsoll verify ${path}, or plimsoll verify oci:FOLDER --project ${path}.`,
  });
}

interface Building {
  readonly path: string;
  readonly flags: Flags;
  readonly scratch: string;
  readonly door: Door;
  readonly bench: Workbench;
}

/** The image beside a project, or one made of it; the exit code where it is not fit to have one. */
async function imageOf(
  project: Project,
  { path, flags, scratch, door, bench }: Building,
): Promise<HeldIndex | ExitCode> {
  const reference = `${project.name}:latest`;
  const built = defaultSink(project).path;
  if (existsSync(join(built, 'index.json')))
    return assertOwn(await openImage(`oci:${built}:${reference}`, project.folder, bench), project);
  const layout = join(scratch, 'image');
  const platforms = ALL_PLATFORMS.filter(
    (name) => PLATFORMS[name].npmCpu === bench.machine.cpu && project.config.platforms.includes(name),
  );
  const packaged = await packageModel(
    selectionOf(path, flags),
    { sinks: [{ kind: 'oci', path: layout }], ...(platforms.length > 0 && { platforms }) },
    bench,
  );
  if (packaged.verdict === 'pass') return openImage(`oci:${layout}:${reference}`, project.folder, bench);
  tellFindings(packaged, door);
  return packaged.verdict === 'fail' ? EXIT.findings : EXIT.inconclusive;
}

/** A layout that was left from another lock is not what the project ships now. */
async function assertOwn(index: HeldIndex, project: Project): Promise<HeldIndex> {
  const [carried, lock] = [readCarriedLock(index).lock, await readLock(project.lockPath)];
  if (lock === undefined || lock.seal === carried.seal) return index;
  await index.close();
  throw new Failure(`${index.name} was built from another lock than ${project.lockPath}`, {
    code: 'verify/other-lock',
    exit: EXIT.lockDrift,
    mend: 'Run plimsoll package again, or name the image that is meant.',
  });
}

interface Verifying {
  readonly project: Project | undefined;
  readonly flags: Flags;
  readonly engine: EngineWish;
  readonly door: Door;
  readonly bench: Workbench;
}

async function verifyAndKeep(
  index: HeldIndex,
  { project, flags, engine, door, bench }: Verifying,
): Promise<{ verdict: ImageVerdict; file: string }> {
  const { workingFolder } = door.machine;
  const folder =
    typeof flags.keep === 'string'
      ? resolve(workingFolder, flags.keep)
      : join(project ? dirname(project.lockPath) : workingFolder, VERDICTS_FOLDER);
  const config = index.images[0]?.config.digest ?? '';
  const failuresFolder = join(folder, verdictName({ digest: index.document?.digest ?? null, config }));
  const released =
    typeof flags.released === 'string' ? await readVerdict(flags.released, { folder, workingFolder }) : undefined;
  const subject = subjectFrom(project, { flags, door });
  const verdict = await verifyImage(index, { ...subject, engine, released, failuresFolder }, bench);
  return { verdict, file: await keepVerdict(verdict, folder) };
}

function subjectFrom(
  project: Project | undefined,
  { flags, door }: { readonly flags: Flags; readonly door: Door },
): VerifySubject {
  const { workingFolder } = door.machine;
  const casesPath = typeof flags.cases === 'string' ? resolve(workingFolder, flags.cases) : undefined;
  const memoryBytes = project ? undefined : selectionOf('', flags).memoryBytes;
  return subjectOf(project, { workingFolder, casesPath, memoryBytes });
}

/** What the platform has to mend comes before what the model's owner has to. */
function exitOf({ failures }: ImageVerdict): ExitCode {
  if (failures.some(({ owner }) => owner === 'system')) return EXIT.system;
  if (failures.some(({ owner }) => owner === 'numeric' || owner === 'statistical')) return EXIT.numeric;
  return failures.length > 0 ? EXIT.inconclusive : EXIT.passed;
}
