import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { download, fromFirst } from '../../../src/container/sources/download.ts';
import { type Fetch, fetchAll } from '../../../src/container/sources/fetch-all.ts';
import { type HttpOptions, openHttp } from '../../../src/container/sources/http.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import { type Answer, openSupply, startServer } from './fakes.ts';

async function fetchText(
  url: string,
  options: Partial<HttpOptions> & { maxBytes?: number; headers?: Record<string, string> } = {},
): Promise<string> {
  const { maxBytes = 1000, headers = {}, ...rest } = options;
  const http = openHttp({ env: {}, pauseMs: 1, stallTimeoutMs: 2000, ...rest });
  try {
    return await http.get({ url, what: 'the thing 1.2.3', maxBytes, headers }, async ({ body }) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    });
  } finally {
    await http.close();
  }
}

/** Runs a body against a server on this machine. */
async function withServer<T>(
  answer: Answer,
  body: (url: string, requests: readonly string[]) => Promise<T>,
): Promise<T> {
  const server = await startServer(answer);
  try {
    return await body(server.url, server.requests);
  } finally {
    await server.close();
  }
}

function isFailure(code: string, ...parts: readonly RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.match(`${error.message} | ${error.mend}`, part);
    return true;
  };
}

describe('fetching over HTTP', () => {
  it('gives the body, and follows redirects', async () => {
    const answer: Answer = (request, response) => {
      if (request.url === '/here') response.writeHead(302, { location: '/there' }).end();
      else response.end('hello');
    };
    await withServer(answer, async (url) => assert.equal(await fetchText(`${url}/here`), 'hello'));
  });

  it('gives up on a circle of redirects', async () => {
    const answer: Answer = (_, response) => response.writeHead(301, { location: '/again' }).end();
    await withServer(answer, (url) =>
      assert.rejects(fetchText(url), isFailure('network/broken', /more than 5 redirects/)),
    );
  });

  it('ends at once when an answer is longer than it may be, or is not read to its end', async function () {
    this.timeout(5000);
    const answer: Answer = (_, response) => response.writeHead(200, { 'content-length': 5000 }).write('begun');
    await withServer(answer, async (url) => {
      await assert.rejects(fetchText(url), isFailure('network/too-long', /more than the 1000 B/));
      const http = openHttp({ env: {} });
      const unread = http.get({ url, what: 'it', maxBytes: 9000 }, async () => {
        throw new Error('not wanted any more');
      });
      await assert.rejects(unread, /not wanted any more/);
      await http.close();
    });
  });

  it('takes a connection that breaks under a slow reader for a passing fault', async () => {
    const piece = Buffer.alloc(2 ** 20);
    await withServer(
      (_, response) => {
        response.writeHead(200, { 'content-length': 8 * piece.length, connection: 'close' });
        response.write(Buffer.concat([piece, piece]), () => response.socket?.end());
      },
      async (url, requests) => {
        const http = openHttp({ env: {}, pauseMs: 1, retries: 1 });
        const read = http.get({ url, what: 'it', maxBytes: 2 ** 24 }, async ({ body }) => {
          for await (const _ of body) await new Promise((resolve) => setTimeout(resolve, 5));
        });
        await assert.rejects(read, isFailure('network/broken', /cannot fetch it/));
        assert.equal(requests.length, 2);
        await http.close();
      },
    );
  });

  it('keeps credentials from a server that it is redirected to', async () => {
    const seen: (string | undefined)[] = [];
    await withServer(
      (request, response) => {
        seen.push(request.headers.authorization);
        response.end('ok');
      },
      (other) =>
        withServer(
          (request, response) => {
            seen.push(request.headers.authorization);
            response.writeHead(302, { location: `${other}/file` }).end();
          },
          async (url) => {
            assert.equal(await fetchText(url, { headers: { authorization: 'Bearer secret' } }), 'ok');
          },
        ),
    );
    assert.deepEqual(seen, ['Bearer secret', undefined]);
  });

  it('sends user and password of an address as a header, and never shows them', async () => {
    const answer: Answer = (request, response) => {
      response.statusCode = request.headers.authorization === `Basic ${btoa('ada:pass word')}` ? 403 : 500;
      response.end();
    };
    await withServer(answer, (url) =>
      assert.rejects(fetchText(url.replace('//', '//ada:pass%20word@')), (error) => {
        isFailure('network/not-allowed', /status 403/)(error);
        return !/ada|pass/.test((error as Failure).message);
      }),
    );
  });

  it('tries again after a passing fault: a busy server, a cut connection, half a body', async () => {
    let attempts = 0;
    const answer: Answer = (_, response) => {
      attempts += 1;
      if (attempts === 1) response.writeHead(503, { 'retry-after': '0.001' }).end();
      else if (attempts === 2) response.destroy();
      else if (attempts === 3) {
        response.writeHead(200, { 'content-length': '5' });
        response.write('hel', () => response.destroy());
      } else response.end('hello');
    };
    await withServer(answer, async (url) => assert.equal(await fetchText(url), 'hello'));
    assert.equal(attempts, 4);
  });

  const refusals: [status: number, code: string, attempts: number][] = [
    [404, 'network/not-found', 1],
    [401, 'network/not-allowed', 1],
    [429, 'network/broken', 3],
    [500, 'network/broken', 3],
  ];
  for (const [status, code, attempts] of refusals) {
    it(`says ${code} for status ${status} after ${attempts} attempt(s)`, async () => {
      await withServer(
        (_, response) => response.writeHead(status).end('no'),
        async (url, requests) => {
          await assert.rejects(
            fetchText(url, { retries: 2 }),
            isFailure(code, /the thing 1\.2\.3/, new RegExp(`${status}`)),
          );
          assert.equal(requests.length, attempts);
        },
      );
    });
  }

  it('does not wait for ever: a server that says nothing, and one that stops in the middle', async () => {
    const silent: Answer = () => {};
    const stalling: Answer = (_, response) => response.write('hel');
    for (const answer of [silent, stalling]) {
      await withServer(answer, (url) =>
        assert.rejects(
          fetchText(url, { stallTimeoutMs: 100, retries: 0 }),
          isFailure('network/timeout', /the thing 1\.2\.3/),
        ),
      );
    }
  });

  it('refuses a body that is longer than it may be, announced or not', async () => {
    const announced: Answer = (_, response) => response.writeHead(200, { 'content-length': '11' }).end('hello world');
    const chunked: Answer = (_, response) => {
      response.write('hello ');
      response.end('world');
    };
    for (const answer of [announced, chunked]) {
      await withServer(answer, (url) =>
        assert.rejects(fetchText(url, { maxBytes: 10 }), isFailure('network/too-long', /10 B/)),
      );
    }
  });

  it('says what was wanted, and what to set, when a server cannot be reached', async () => {
    const server = await startServer(() => {});
    await server.close();
    await assert.rejects(
      fetchText(server.url),
      isFailure('network/unreachable', /the thing 1\.2\.3/, /ECONNREFUSED/, /HTTPS_PROXY/, /PLIMSOLL_CACHE/),
    );
    await assert.rejects(fetchText('http://mirror.invalid/x'), isFailure('network/unreachable', /mirror\.invalid/));
  });

  it('asks nothing of the network when it is told to stay offline', async () => {
    await withServer(
      (_, response) => response.end('hello'),
      async (url, requests) => {
        await assert.rejects(fetchText(url, { offline: true }), isFailure('network/offline', /the thing 1\.2\.3/));
        assert.deepEqual(requests, []);
      },
    );
  });

  it('reads files as well, so that a folder can stand for a server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-http-'));
    try {
      await writeFile(join(folder, 'file'), 'hello');
      assert.equal(await fetchText(pathToFileURL(join(folder, 'file')).href, { offline: true }), 'hello');
      await assert.rejects(fetchText(pathToFileURL(join(folder, 'none')).href), isFailure('network/not-found'));
      await assert.rejects(fetchText(pathToFileURL(folder).href), isFailure('network/not-found'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a proxy', () => {
  /** Forwards plain requests, as a proxy does that knows no CONNECT. */
  const forwarding: Answer = (incoming, response) => {
    const outgoing = httpRequest(
      incoming.url ?? '',
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.writeHead(502).end());
    outgoing.end();
  };

  it('is used for what HTTP_PROXY and http_proxy say, and not for what NO_PROXY excepts', async () => {
    await withServer(
      (_, response) => response.end('hello'),
      (url) =>
        withServer(forwarding, async (proxy, requests) => {
          assert.equal(await fetchText(`${url}/a`, { env: { HTTP_PROXY: proxy } }), 'hello');
          assert.equal(await fetchText(`${url}/b`, { env: { http_proxy: proxy } }), 'hello');
          assert.equal(await fetchText(`${url}/c`, { env: { HTTP_PROXY: proxy, NO_PROXY: '127.0.0.1' } }), 'hello');
          assert.deepEqual(requests, [`GET ${url}/a`, `GET ${url}/b`]);
        }),
    );
  });

  it('is asked for a tunnel to an encrypted server, and its refusal is reported as its own', async () => {
    const connects: (string | undefined)[] = [];
    const server = await startServer(
      () => {},
      (proxy) =>
        proxy.on('connect', (request, socket) => {
          connects.push(request.url);
          socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        }),
    );
    try {
      const env = { HTTPS_PROXY: server.url.replace('//', '//ada:secret@') };
      await assert.rejects(fetchText('https://mirror.invalid/x', { env }), (error) => {
        isFailure('network/proxy', /407/, /HTTPS_PROXY=http:\/\/127/)(error);
        return !/secret/.test((error as Failure).message);
      });
      assert.deepEqual(connects, ['mirror.invalid:443']);
    } finally {
      await server.close();
    }
  });

  it('has to be an address', async () => {
    const env = { HTTP_PROXY: 'not an address' };
    await assert.rejects(fetchText('http://mirror.invalid/x', { env }), isFailure('network/proxy', /HTTP_PROXY/));
  });
});

describe('downloading into the cache', () => {
  it('takes the next source when one fails, and keeps nothing that has another digest', async () => {
    const supply = await openSupply();
    const answer: Answer = (request, response) => response.end(request.url === '/good' ? 'hello' : 'other');
    try {
      await withServer(answer, async (url, requests) => {
        const wanted = { what: 'the thing', maxBytes: 5, expected: digestOf('hello') };
        await assert.rejects(
          download({ ...wanted, urls: [`${url}/bad`] }, supply),
          isFailure('cache/wrong-digest', /the thing/),
        );
        assert.equal(await supply.cache.has(digestOf('other')), false);
        const blob = await download({ ...wanted, urls: [`${url}/bad`, `${url}/good`] }, supply);
        assert.equal(await readFile(blob.path, 'utf8'), 'hello');
        assert.deepEqual(await download({ ...wanted, urls: [] }, supply), blob);
        assert.equal(requests.length, 3);
      });
    } finally {
      await supply.close();
    }
  });

  it('tells how much has come, and takes back what has to come again', async () => {
    const supply = await openSupply();
    const told: number[] = [];
    let cut = (): void => {};
    const advance = (bytes: number): void => {
      told.push(bytes);
      cut();
    };
    const progress = { note: () => {}, step: () => ({ total: () => {}, done: () => {}, advance }) };
    let attempts = 0;
    const answer: Answer = (_, response) => {
      attempts += 1;
      // The first answer breaks off once half of it has arrived.
      cut = attempts === 1 ? () => response.destroy() : () => {};
      response.writeHead(200, { 'content-length': '5' });
      if (attempts === 1) response.write('hel');
      else response.end('hello');
    };
    try {
      await withServer(answer, (url) => download({ what: 'x', urls: [url], maxBytes: 5 }, { ...supply, progress }));
      assert.deepEqual(told, [3, -3, 5]);
    } finally {
      await supply.close();
    }
  });

  it('says what every source had to say when none has it', async () => {
    const fail = async (source: string): Promise<never> => {
      throw new Failure(`${source} is empty`, { code: 'network/not-found', exit: 2, mend: 'Fill it.' });
    };
    await assert.rejects(
      fromFirst(['a', 'b'], fail),
      isFailure('network/not-found', /b is empty; and before that a is empty/),
    );
  });

  it('runs a few fetches at once, keeps their order, and calls the rest off when one fails', async () => {
    const supply = await openSupply();
    let running = 0;
    let most = 0;
    const fetches = [30, 1, 20, 2, 10].map((ms, index) => async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running -= 1;
      return index;
    });
    try {
      assert.deepEqual(await fetchAll(fetches, { supply, atOnce: 2 }), [0, 1, 2, 3, 4]);
      assert.equal(most, 2);
      await withServer(
        () => {},
        async (url) => {
          const hanging: Fetch<unknown> = (via) => download({ what: 'slow', urls: [url], maxBytes: 5 }, via);
          const failing = async (): Promise<never> => {
            throw new Error('the first fault');
          };
          await assert.rejects(
            fetchAll<unknown>([hanging, failing, hanging], { supply, atOnce: 2 }),
            /the first fault/,
          );
        },
      );
    } finally {
      await supply.close();
    }
  });
});
