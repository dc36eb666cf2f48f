import assert from 'node:assert/strict';
import { Failure } from '../../src/nouns/failure.ts';
import { looksLikeReference, parseReference, type Reference, renderReference } from '../../src/nouns/reference.ts';

const HEX = 'a'.repeat(64);

const GOOD: readonly (readonly [string, Reference])[] = [
  ['localhost/m', { registry: 'localhost', repository: 'm', tag: 'latest' }],
  ['localhost:5000/m:1', { registry: 'localhost:5000', repository: 'm', tag: '1' }],
  ['registry.example/team/a__b-c.d:V1', { registry: 'registry.example', repository: 'team/a__b-c.d', tag: 'V1' }],
  ['host:1/a--b/c', { registry: 'host:1', repository: 'a--b/c', tag: 'latest' }],
  ['[::1]:5000/m', { registry: '[::1]:5000', repository: 'm', tag: 'latest' }],
  ['127.0.0.1:5000/m', { registry: '127.0.0.1:5000', repository: 'm', tag: 'latest' }],
  [`r.example/m@sha256:${HEX}`, { registry: 'r.example', repository: 'm', digest: `sha256:${HEX}` }],
  [`r.example/m:x@sha256:${HEX}`, { registry: 'r.example', repository: 'm', tag: 'x', digest: `sha256:${HEX}` }],
  ['Registry.Example/m', { registry: 'Registry.Example', repository: 'm', tag: 'latest' }],
];

const BAD: readonly (readonly [string, RegExp])[] = [
  ['model', /names no registry/],
  ['team/model:1', /names no registry/],
  ['', /is not one/],
  ['https://r.example/m', /not a host/],
  ['r.example/', /not the path/],
  ['r.example/Model', /not the path/],
  ['r.example/a//b', /not the path/],
  ['r.example/-a', /not the path/],
  ['r.example/a___b', /not the path/],
  ['r.example/a..b', /not the path/],
  ['r.example/../b', /not the path/],
  ['-r.example/m', /not a host/],
  ['r.example:99999/m', /not a host/],
  ['r.example:/m', /not a host/],
  ['r.example/m:', /not a tag/],
  ['r.example/m:-a', /not a tag/],
  [`r.example/m:${'a'.repeat(129)}`, /not a tag/],
  ['r.example/m@sha256:abc', /not a SHA-256/],
  [`r.example/m@sha512:${HEX}${HEX}`, /not a SHA-256/],
  [`r.example/m@sha256:${HEX.toUpperCase()}`, /not a SHA-256/],
  [`r.example/${'a'.repeat(250)}`, /longer than 255/],
  ['r.example/m\n', /not the path/],
  ['user@r.example/m', /names no registry/],
];

describe('a reference to an image', () => {
  for (const [text, reference] of GOOD) {
    it(`is read from ${text} and written again`, () => {
      assert.deepEqual(parseReference(text), reference);
      assert.deepEqual(parseReference(renderReference(reference)), reference);
    });
  }

  for (const [text, why] of BAD) {
    it(`is not ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => parseReference(text),
        (error) => error instanceof Failure && error.code === 'reference/malformed' && why.test(error.message),
      );
    });
  }
});

describe('a text that names no file', () => {
  for (const text of [
    'r.example/m',
    'localhost/m',
    'r:5000/m:1',
    '[::1]:5000/m',
    'r.example/m@sha256:abc',
    'model@sha256:abc',
  ])
    it(`is meant as a reference where it is ${text}`, () => assert.equal(looksLikeReference(text), true));

  for (const text of [
    '',
    'model',
    'Models/spam',
    'models/spam',
    './r.example/m',
    '/r.example/m',
    '~/m',
    'r.example',
    'r.example/',
    'v1.2/m.onnx',
  ])
    it(`is not where it is ${JSON.stringify(text)}`, () => assert.equal(looksLikeReference(text), false));
});
