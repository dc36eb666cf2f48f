import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createContext, runInContext } from 'node:vm';
import { Validator } from '@seriousme/openapi-schema-validator';
import { identity, makePlan, type PlanFacts, TWO_BY_TWO } from './plans.ts';
import { ask, type RunningServer, useServers } from './running-server.ts';

describe('what is served for people', () => {
  const startOne = useServers();
  const start = (fixture: string, facts: PlanFacts, environment = {}): Promise<RunningServer> =>
    startOne({ fixture, plan: makePlan(facts), environment });
  const predict = async (server: RunningServer, body: unknown) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const reply = await ask(server, '/predict', {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/json' },
    });
    return { status: reply.status, json: JSON.parse(reply.text), text: reply.text };
  };

  describe('plain predictions', () => {
    let server: RunningServer;
    before(async () => {
      server = await start('two-by-two', TWO_BY_TWO);
    });

    it('answer an object with an object, and an array with an array', async () => {
      const row = { a: [1, 2, 3], b: [4, 5, 6] };
      const answer = { sum: [5, 7, 9], product: [4, 10, 18] };
      assert.deepEqual((await predict(server, row)).json, answer);
      const other = { b: [0, 0, 1], a: [1, 1, 1] };
      assert.deepEqual((await predict(server, [row, other, row])).json, [
        answer,
        { sum: [1, 1, 2], product: [0, 0, 1] },
        answer,
      ]);
      assert.deepEqual((await predict(server, [])).json, []);
    });

    const refusals: readonly (readonly [string, unknown, RegExp])[] = [
      ['nothing', '', /the body is empty/],
      ['a number', '3', /the body .*wanted an object, found 3/],
      ['an unknown input', { c: 1 }, /unknown input "c"; this model wants "a" \(FP32\), "b" \(FP32\)/],
      ['a missing input', { a: [1, 2, 3] }, /input "b" is missing/],
      ['an input twice', '{"a":[1,2,3],"a":[1,2,3]}', /input "a" is there twice/],
      ['a row of another length', { a: [1, 2], b: [1, 2] }, /input "a": wanted shape \[batch, 3\], found \[1, 2\]/],
      ['a word', { a: ['x', 1, 2], b: [1, 2, 3] }, /input "a", element 0 .*wanted a number for FP32, found "x"/],
      ['ragged arrays', { a: [[1], [2, 3]], b: [1, 2, 3] }, /input "a": shape \[2, 1\] wants 1 entries/],
      [
        'rows that differ',
        [
          { a: [1, 2, 3], b: [1, 2, 3] },
          { a: [1, 2], b: [1, 2, 3] },
        ],
        /row 1: input "a" has shape \[2\]/,
      ],
      ['a row that is none', [{ a: [1, 2, 3], b: [1, 2, 3] }, 7], /row 1: a row .*wanted an object, found 7/],
      [
        'more than the bound',
        Array(101).fill({ a: [1, 2, 3], b: [1, 2, 3] }),
        /batch is 101, and this image was made for at most 100/,
      ],
      ['something after the end', '{"a":[1,2,3],"b":[1,2,3]} x', /wanted the end of the body/],
      ['endless nesting', `{"a":${'['.repeat(5000)}`, /nested deeper than 64 levels/],
    ];
    for (const [title, body, message] of refusals) {
      it(`refuse ${title}`, async () => {
        const { status, json } = await predict(server, body);
        assert.equal(status, 400);
        assert.match(json.error, message);
      });
    }
  });

  it('take bare values for shapes of one, whole tensors without a batch dimension, and every type', async () => {
    const column: PlanFacts = { inputs: [['x', 'string', ['n', 1]]], outputs: [['y', 'string', ['n', 1]]] };
    const strings = await start('identity-string', column);
    assert.deepEqual((await predict(strings, [{ x: 'été' }, { x: ['b'] }])).status, 400);
    assert.deepEqual((await predict(strings, [{ x: 'été' }, { x: 'b' }])).json, [{ y: ['été'] }, { y: ['b'] }]);
    const fixed = await start('fixed', { inputs: [['x', 'float', [2, 3]]], outputs: [['y', 'float', [2, 3]]] });
    const whole = {
      x: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    };
    assert.deepEqual((await predict(fixed, whole)).json, {
      y: [
        [-1, -2, -3],
        [-4, -5, -6],
      ],
    });
    assert.match((await predict(fixed, [whole])).json.error, /no batch dimension/);
    const wide = await start('identity-int64', {
      inputs: [['x', 'int64', ['n', 2]]],
      outputs: [['y', 'int64', ['n', 2]]],
    });
    assert.equal((await predict(wide, '{"x":[9223372036854775807,-1]}')).text, '{"y":[9223372036854775807,-1]}');
    const floats = await start('identity-float', identity('float'));
    assert.deepEqual((await predict(floats, '{"x":["NaN",-Infinity,1.5]}')).json, { y: ['NaN', '-Infinity', 1.5] });
    const scalar = await start('scalar', { inputs: [['x', 'float', []]], outputs: [['y', 'float', []]] });
    assert.deepEqual((await predict(scalar, { x: 4 })).json, { y: 8 });
  });

  describe('the OpenAPI document', () => {
    const models: readonly (readonly [string, PlanFacts])[] = [
      ['two-by-two', TWO_BY_TWO],
      ['scalar', { inputs: [['x', 'float', []]], outputs: [['y', 'float', []]] }],
      ['identity-open-rank', { inputs: [['x', 'float', null]], outputs: [['y', 'float', null]] }],
      ['identity-string', identity('string')],
      ['identity-bool', identity('bool')],
      ['identity-uint64', identity('uint64')],
    ];
    for (const [fixture, facts] of models) {
      it(`of ${fixture} is valid, and its example is answered`, async () => {
        const server = await start(fixture, facts);
        const document = JSON.parse((await ask(server, '/openapi.json')).text);
        const result = await new Validator().validate(structuredClone(document));
        assert.ok(result.valid, JSON.stringify(result));
        const { example } = document.paths['/predict'].post.requestBody.content['application/json'];
        assert.equal((await predict(server, example)).status, 200, JSON.stringify(example));
      });
    }

    it('names every path that is served, and the status of what is refused', async () => {
      const server = await start('two-by-two', TWO_BY_TWO);
      const { paths } = JSON.parse((await ask(server, '/openapi.json')).text);
      const served = JSON.parse((await ask(server, '/nothing')).text)
        .error.split('served: ')[1]
        .split(', ');
      const named = Object.entries<object>(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      );
      assert.deepEqual([...named, 'GET /'].sort(), served.sort());
      const refused: readonly (readonly [path: string, init: RequestInit])[] = [
        ['/predict', { body: '{}' }],
        ['/predict', { body: '{}', headers: { 'content-type': 'text/html' } }],
        ['/v2/repository/index', { body: '{}', headers: { 'content-encoding': 'br' } }],
        ['/v2/models/model/infer', { body: 'x'.repeat(2 ** 20 + 1) }],
        ['/v2/models/model/versions/0123456789ab/infer', { body: '{"inputs":[],"parameters":{"timeout":-1}}' }],
      ];
      for (const [path, init] of refused) {
        const headers = { 'content-type': 'application/json', ...init.headers };
        const { status } = await ask(server, path, { ...init, method: 'POST', headers });
        assert.ok(status >= 400 && status in paths[path].post.responses, `${path} ${status}`);
      }
    });

    it('has the signature without the batch dimension, and the first row of the example', async () => {
      const data = [1, 2, 3, 4, 5, 6];
      const inputs = ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [2, 3], data }));
      const digest = `sha256:${'a'.repeat(64)}`;
      const server = await start(
        'two-by-two',
        { ...TWO_BY_TWO, example: { inputs } },
        { PLIMSOLL_IMAGE_DIGEST: digest },
      );
      const document = JSON.parse((await ask(server, '/openapi.json')).text);
      const { a } = document.components.schemas.Row.properties;
      assert.deepEqual([a.type, a.minItems, a.maxItems, a.description], ['array', 3, 3, 'FP32 [batch, 3]']);
      assert.equal(document.info['x-plimsoll'].imageDigest, digest);
      const { example } = document.paths['/predict'].post.requestBody.content['application/json'];
      assert.deepEqual(example, { a: [1, 2, 3], b: [1, 2, 3] });
    });
  });

  it('gives an example of integers beyond 2^53 to the last digit, which comes back so', async () => {
    const data = ['9007199254740993', '-9223372036854775808', '7'];
    const inputs = [{ name: 'x', datatype: 'INT64', shape: [1, 3], data }];
    const server = await start('identity-int64', { ...identity('int64'), example: { inputs } });
    const document = JSON.parse((await ask(server, '/openapi.json')).text);
    const { example } = document.paths['/predict'].post.requestBody.content['application/json'];
    const { status, text } = await predict(server, example);
    assert.equal(status, 200, text);
    assert.deepEqual(example, { x: data });
    assert.match(text, /\[9007199254740993,-9223372036854775808,7\]/);
  });

  it('has a page whose policy knows its script and its style and nothing else, and that loads nothing from outside', async () => {
    const server = await start('two-by-two', TWO_BY_TWO);
    const { status, headers, text } = await ask(server, '/');
    assert.equal(status, 200);
    assert.match(headers.get('content-type') ?? '', /^text\/html/);
    const policy = headers.get('content-security-policy') ?? '';
    for (const tag of ['script', 'style']) {
      const content = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(text)?.[1] ?? '';
      assert.ok(content.length > 100);
      assert.ok(policy.includes(`${tag}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`));
    }
    assert.ok(policy.startsWith("default-src 'none'"));
    assert.doesNotMatch(text, /(?:src|href)="?(?:https?:)?\/\/|@import|\burl\(/);
    assert.doesNotMatch(text, / style=| on\w+=/);
  });

  it('has a page that sends and shows integers of 64 bits to the last digit, and inputs of any name', async () => {
    const server = await start('identity-int64', identity('int64'));
    const script = /<script>(.*?)<\/script>/s.exec((await ask(server, '/')).text)?.[1] ?? '';
    const methods = ['addEventListener', 'setAttribute', 'removeAttribute', 'append', 'focus'];
    const element = () => Object.fromEntries(methods.map((name) => [name, () => {}]));
    // As a browser without the newest of JSON: what is sent must not depend on it.
    const context = createContext({
      document: { getElementById: element, createElement: element },
      fetch: () => new Promise(() => {}),
      JSON: { parse: JSON.parse, stringify: JSON.stringify },
    });
    runInContext(script, context);
    const run = (code: string) => runInContext(code, context) as string;
    run(
      `fields.set('x', controlFor({ type: 'array' }, 'input-0')).set('__proto__', controlFor({ type: 'string' }, 'input-1'))`,
    );
    run(
      `fields.get('x').element.value = ' [9223372036854775807,\\n-9007199254740993]'; fields.get('__proto__').element.value = '"1'`,
    );
    assert.equal(run('readRow()'), '{"x":[9223372036854775807,\n-9007199254740993],"__proto__":"\\"1"}');
    assert.throws(() => run(`fields.get('x').element.value = '[1,'; readRow()`), /“x” is not JSON/);
    // A stand-in for what newer browsers hand to a reviver.
    context.JSON = {
      ...JSON,
      rawJSON: (source: string) => `raw ${source}`,
      parse: (_: string, keep: (key: string, value: unknown, facts: { source: string }) => unknown) =>
        ['9223372036854775807', '1e300', '5'].map((source) => keep('', Number(source), { source })),
    };
    assert.deepEqual([...run(`parseDigits('')`)], ['raw 9223372036854775807', 1e300, 5]);
  });

  it('has no page where it is turned off', async () => {
    const server = await start('two-by-two', TWO_BY_TWO, { PLIMSOLL_PLAYGROUND: 'off' });
    assert.equal((await ask(server, '/')).status, 404);
    assert.equal((await ask(server, '/openapi.json')).status, 200);
  });
});
