import { posix } from 'node:path';
import { TOOL } from '../../nouns/tool.ts';
import type { CodeHost } from './code-host.ts';

export interface WorkflowChoices {
  /** Of the project. */
  readonly name: string;
  /** The project's folder below the repository's root, with slashes; empty for the root itself. */
  readonly place: string;
  /** Where the host's usual file is taken already. */
  readonly isTaken: boolean;
}

export interface Workflow {
  /** Below the root of the repository. */
  readonly path: string;
  readonly text: string;
  /** What is left to do by hand. */
  readonly remark?: string;
}

const WORKFLOWS: Readonly<Record<CodeHost, (choices: WorkflowChoices) => Workflow>> = { github, gitlab };

/** What a code host runs on each change: the gates, with findings where the host shows them, and the image. */
export function ciWorkflow(host: CodeHost, choices: WorkflowChoices): Workflow {
  return WORKFLOWS[host](choices);
}

const COMMAND = `npx --yes ${TOOL.name}@${TOOL.version}`;

function github({ name, place }: WorkflowChoices): Workflow {
  const path = place === '' ? '.' : place;
  const filter = place === '' ? '' : `\n    paths: [${JSON.stringify(`${place}/**`)}]`;
  return {
    path: `.github/workflows/${place === '' ? TOOL.name : `${TOOL.name}-${name}`}.yml`,
    text: `name: ${TOOL.name} ${name}
on:
  push:
    branches: [main]${filter}
  pull_request:${filter === '' ? '' : filter}

permissions:
  contents: read

jobs:
  package:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
      security-events: write # to show findings beside the code
    env:
      PLIMSOLL_CACHE: \${{ github.workspace }}/.plimsoll
      PLIMSOLL_DEBIAN_MIRROR: https://deb.debian.org/debian
      PROJECT: ${JSON.stringify(path)}
    steps:
      - uses: actions/checkout@v4
        with:
          lfs: true
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 24
      - uses: actions/cache@v4
        with:
          path: .plimsoll
          key: plimsoll-\${{ hashFiles('${posix.join(path, '*.lock')}') }}
          restore-keys: plimsoll-
      - name: Judge the model
        run: |
          ${COMMAND} lint "$PROJECT" --format sarif --output plimsoll.sarif
          ${COMMAND} lint "$PROJECT" --format markdown >> "$GITHUB_STEP_SUMMARY"
      - name: Show the findings beside the code
        if: always() && hashFiles('plimsoll.sarif') != '' && github.event.pull_request.head.repo.fork != true
        uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: plimsoll.sarif
      - name: Package the image
        run: ${COMMAND} package "$PROJECT"
`,
  };
}

function gitlab({ name, place, isTaken }: WorkflowChoices): Workflow {
  const folder = place === '' ? '.' : place;
  const path = isTaken ? `${TOOL.name}-${name}.gitlab-ci.yml` : '.gitlab-ci.yml';
  const rules =
    place === ''
      ? ''
      : `  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
      changes: [${JSON.stringify(`${place}/**/*`)}]
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
`;
  return {
    path,
    ...(isTaken && { remark: `take it into .gitlab-ci.yml: include: { local: ${path} }` }),
    text: `${TOOL.name}-${name}:
  image: node:24-bookworm-slim
${rules}  variables:
    PLIMSOLL_CACHE: $CI_PROJECT_DIR/.plimsoll
    PROJECT: ${JSON.stringify(folder)}
  cache:
    key: plimsoll
    paths: [.plimsoll/]
  script:
    - ${COMMAND} lint "$PROJECT" --format junit --output plimsoll.xml
    - ${COMMAND} package "$PROJECT"
  artifacts:
    when: always
    paths: [plimsoll.xml]
    reports:
      junit: plimsoll.xml
`,
  };
}
