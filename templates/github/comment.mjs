// comment.mjs FILE: puts a file's Markdown on the pull request as one comment, in place of the one that an earlier run has left.
// Reads GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, PULL_REQUEST, and MARK, which tells the comments of several projects apart.
import { readFile } from 'node:fs/promises';

const {
  GITHUB_API_URL = 'https://api.github.com',
  GITHUB_REPOSITORY,
  GITHUB_TOKEN,
  PULL_REQUEST,
  MARK = '.',
} = process.env;
/** GitHub refuses more than 65536 characters. */
const LONGEST = 65_000;
/** A hundred comments each: who has more has an own comment near the beginning. */
const MOST_PAGES = 20;

const mark = `<!-- plimsoll ${encodeURIComponent(MARK)} -->`;
const comments = `/repos/${GITHUB_REPOSITORY}/issues/${PULL_REQUEST}/comments`;
const body = `${mark}\n${await readFile(process.argv[2], 'utf8')}`.slice(0, LONGEST);
const own = await findOwn();
if (own === undefined) await call('POST', comments, { body });
else await call('PATCH', `/repos/${GITHUB_REPOSITORY}/issues/comments/${own}`, { body });

async function findOwn() {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const found = await call('GET', `${comments}?per_page=100&page=${page}`);
    const ours = found.find((comment) => comment.body?.startsWith(mark));
    if (ours !== undefined) return ours.id;
    if (found.length < 100) return undefined;
  }
  return undefined;
}

async function call(method, path, value) {
  const response = await fetch(`${GITHUB_API_URL}${path}`, {
    method,
    headers: { authorization: `Bearer ${GITHUB_TOKEN}`, accept: 'application/vnd.github+json' },
    ...(value !== undefined && { body: JSON.stringify(value) }),
  });
  if (response.ok) return response.json();
  console.error(
    `${method} ${path} was answered with ${response.status}: the token wants the permission pull-requests: write`,
  );
  process.exit(1);
}
