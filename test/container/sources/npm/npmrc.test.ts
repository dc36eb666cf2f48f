// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how .npmrc names variables
import assert from 'node:assert/strict';
import { authorizationFor, parseNpmrc } from '../../../../src/container/sources/npm/npmrc.ts';

describe("npm's credentials", () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const env = { TOKEN: 'from the environment' };
  const rows: [title: string, npmrc: readonly string[], url: string, wanted: string | undefined][] = [
    ['are a token', ['//r.test/:_authToken=abc'], 'https://r.test/thing', 'Bearer abc'],
    [
      'may stand in the environment',
      ['//r.test/:_authToken=${TOKEN}'],
      'https://r.test/thing',
      'Bearer from the environment',
    ],
    [
      'stay as written where the variable is not set',
      ['//r.test/:_authToken=${NONE}'],
      'https://r.test/thing',
      'Bearer ${NONE}',
    ],
    [
      'are none where an optional variable is not set',
      ['//r.test/:_authToken=${NONE?}'],
      'https://r.test/thing',
      undefined,
    ],
    ['may be user and password in one', ['//r.test/:_auth=YWRhOnB3'], 'https://r.test/thing', 'Basic YWRhOnB3'],
    [
      'may be user and password in two',
      [`//r.test/:username=ada\n//r.test/:_password=${btoa('pw')}`],
      'https://r.test/x',
      basic('ada:pw'),
    ],
    ['belong to a port', ['//r.test:8081/:_authToken=abc'], 'https://r.test/thing', undefined],
    ['belong to a host', ['//r.test/:_authToken=abc'], 'https://r.test.evil.test/thing', undefined],
    ['belong to a path', ['//r.test/a/:_authToken=abc'], 'https://r.test/b/thing', undefined],
    [
      'are those of the longest path',
      ['//r.test/:_authToken=short\n//r.test/a/b/:_authToken=long'],
      'https://r.test/a/b/-/x.tgz',
      'Bearer long',
    ],
    ['may be written without the last slash', ['//r.test/a:_authToken=abc'], 'https://r.test/a/thing', 'Bearer abc'],
    [
      'of a later file are stronger',
      ['//r.test/:_authToken=old', '//r.test/:_authToken = "new" '],
      'https://r.test/thing',
      'Bearer new',
    ],
    [
      'are not read from comments',
      ['; //r.test/:_authToken=abc\n# //r.test/:_authToken=abc'],
      'https://r.test/thing',
      undefined,
    ],
  ];
  for (const [title, texts, url, wanted] of rows) {
    it(title, () => assert.equal(authorizationFor(url, parseNpmrc(texts, env)), wanted));
  }
});
