import assert from 'node:assert/strict';
import { asCacheFailure } from '../../src/cache/cache-failure.ts';
import { cacheFolder } from '../../src/cache/location.ts';
import { Failure } from '../../src/nouns/failure.ts';

describe('the place of the cache', () => {
  const rows: [string, Record<string, string>, string, string][] = [
    ['linux', {}, '/home/ada', '/home/ada/.cache/plimsoll'],
    ['linux', { XDG_CACHE_HOME: '/var/cache/ada' }, '/home/ada', '/var/cache/ada/plimsoll'],
    ['linux', { XDG_CACHE_HOME: 'relative' }, '/home/ada', '/home/ada/.cache/plimsoll'],
    ['linux', { PLIMSOLL_CACHE: '/big/disk', XDG_CACHE_HOME: '/x' }, '/home/ada', '/big/disk'],
    ['linux', { PLIMSOLL_CACHE: '' }, '/home/ada', '/home/ada/.cache/plimsoll'],
    ['darwin', { XDG_CACHE_HOME: '/x' }, '/Users/ada', '/Users/ada/Library/Caches/plimsoll'],
    [
      'win32',
      { LOCALAPPDATA: 'C:\\Users\\ada\\AppData\\Local' },
      'C:\\Users\\ada',
      'C:\\Users\\ada\\AppData\\Local\\plimsoll\\Cache',
    ],
    ['win32', {}, 'C:\\Users\\ada', 'C:\\Users\\ada\\AppData\\Local\\plimsoll\\Cache'],
  ];
  for (const [platform, env, home, wanted] of rows) {
    it(`is ${wanted} on ${platform} with ${JSON.stringify(env)}`, () => {
      assert.equal(cacheFolder({ env, platform, home }), wanted);
    });
  }
});

describe('a refusal by the file system', () => {
  for (const [code, area] of [
    ['ENOSPC', 'cache/full'],
    ['EDQUOT', 'cache/full'],
    ['EACCES', 'cache/not-allowed'],
    ['EROFS', 'cache/read-only'],
    ['ENOENT', 'cache/no-folder'],
    ['ENOTDIR', 'cache/not-a-folder'],
  ] as const) {
    it(`becomes ${area} for ${code}, with the folder and the variable to set`, () => {
      const failure = asCacheFailure(Object.assign(new Error('refused'), { code }), '/the/folder');
      assert.ok(failure instanceof Failure);
      assert.equal(failure.code, area);
      assert.match(failure.message, /\/the\/folder/);
      assert.match(failure.mend, /PLIMSOLL_CACHE/);
    });
  }

  it('stays as it is where it is something else', () => {
    const error = new Error('a defect');
    assert.equal(asCacheFailure(error, '/the/folder'), error);
  });
});
