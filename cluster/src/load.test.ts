import { describe, expect, test } from '@jest/globals';
import { nodesForPods, staleImages } from './load.ts';

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

describe('nodesForPods', () => {
  test.each([
    ['the workers', ['a-control-plane', 'a-worker', 'a-worker2'], ['a-worker', 'a-worker2']],
    ['the control plane, where it is alone', ['a-control-plane'], ['a-control-plane']],
    ['none of a cluster that is not there', [], []],
  ])('are %s', (_title, nodes, expected) => {
    expect(nodesForPods(nodes)).toEqual(expected);
  });
});
