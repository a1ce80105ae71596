import { describe, expect, test } from '@jest/globals';
import { staleImages } from './load.ts';

describe('staleImages', () => {
  const wanted = { a: 'sha256:1', b: 'sha256:2' };

  test.each([
    ['none, when the nodes have just these', { a: 'sha256:1', b: 'sha256:2', c: 'sha256:3' }, []],
    ['those that are another build', { a: 'sha256:1', b: 'sha256:9' }, ['b']],
    ['all, of nodes without any', {}, ['a', 'b']],
  ])('are %s', (_title, loaded, stale) => {
    expect(staleImages(wanted, loaded)).toEqual(stale);
  });
});
