import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Comment {
  id: number;
  body: string;
}

/** As much of GitHub's API as comments want, in memory. */
function fakeGitHub(comments: Comment[], status = 200): Server {
  return createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url ?? '', 'http://localhost');
    const page = Number(url.searchParams.get('page') ?? 1);
    const own = comments.find(({ id }) => url.pathname === `/repos/team/model/issues/comments/${id}`);
    if (request.method === 'POST') comments.push({ id: comments.length + 1, body: JSON.parse(text).body });
    if (request.method === 'PATCH' && own) own.body = JSON.parse(text).body;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.method === 'GET' ? comments.slice(100 * (page - 1), 100 * page) : {}));
  });
}

describe('The comment of the GitHub Action', function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-comment-'));
  const file = join(folder, 'comment.md');
  after(() => rmSync(folder, { recursive: true, force: true }));

  const post = async (comments: Comment[], text: string, { mark = '.', status = 200 } = {}) => {
    writeFileSync(file, text);
    const server = fakeGitHub(comments, status);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const env = {
      PATH: process.env.PATH ?? '',
      GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: 'team/model',
      GITHUB_TOKEN: 'x',
      PULL_REQUEST: '7',
      MARK: mark,
    };
    const child = spawn(process.execPath, ['templates/github/comment.mjs', file], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const exit = await new Promise((resolve) => child.once('exit', resolve));
    server.close();
    return { exit, errors };
  };

  it('is written once, and updated in place by later runs, also after many others', async () => {
    const comments: Comment[] = Array.from({ length: 150 }, (_, index) => ({ id: index + 1, body: 'a person' }));
    assert.equal((await post(comments, 'first')).exit, 0);
    comments.push({ id: 500, body: 'an answer' });
    await post(comments, 'second');
    const ours = comments.filter(({ body }) => body.startsWith('<!-- plimsoll'));
    assert.deepEqual(
      ours.map(({ body }) => body.split('\n')[1]),
      ['second'],
    );
    assert.equal(comments.length, 152);
  });

  it('is one for each project, whatever the path is', async () => {
    const comments: Comment[] = [];
    await post(comments, 'a', { mark: 'models/a' });
    await post(comments, 'b', { mark: 'models/--> <b>' });
    await post(comments, 'a2', { mark: 'models/a' });
    assert.deepEqual(
      comments.map(({ body }) => body.split('\n')[1]),
      ['a2', 'b'],
    );
    assert.ok(comments.every(({ body }) => body.split('-->').length === 2));
  });

  it('says what the token lacks', async () => {
    const { exit, errors } = await post([], 'x', { status: 403 });
    assert.equal(exit, 1);
    assert.match(errors, /403.*pull-requests: write/);
  });
});
