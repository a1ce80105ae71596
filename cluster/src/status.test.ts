import { describe, expect, test } from '@jest/globals';
import { nodeProblems, podProblems } from './status.ts';

type Pod = Parameters<typeof podProblems>[0][number];

function pod(name: string, status: Pod['status']): Pod {
  return { metadata: { namespace: 'ns', name }, status };
}

describe('podProblems', () => {
  test.each<[string, Pod['status']]>([
    ['runs and is ready', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }],
    ['has done its work', { phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'False' }] }],
  ])('are none for a pod that %s', (_title, status) => {
    expect(podProblems([pod('a', status)])).toEqual([]);
  });

  test.each<[string, Pod['status'], string]>([
    [
      'finds no node',
      {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes' }],
      },
      'ns/a: Pending, Unschedulable: 0/2 nodes',
    ],
    [
      'cannot pull its image',
      {
        phase: 'Pending',
        containerStatuses: [
          { name: 'c', ready: false, state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } },
        ],
      },
      'ns/a: Pending, c waits: ErrImagePull not found',
    ],
    [
      'has failed',
      {
        phase: 'Failed',
        containerStatuses: [
          { name: 'c', ready: false, state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } },
          { name: 'ok', ready: true, state: {} },
        ],
      },
      'ns/a: Failed, c ended: OOMKilled (137)',
    ],
    ['has not been seen by a kubelet', { phase: 'Pending' }, 'ns/a: Pending'],
  ])('say why a pod %s', (_title, status, line) => {
    expect(podProblems([pod('a', status)])).toEqual([line]);
  });
});

describe('nodeProblems', () => {
  test('name the nodes that are not ready, and what their kubelet says', () => {
    const node = (name: string, status?: string, message?: string): Parameters<typeof nodeProblems>[0][number] => ({
      metadata: { name },
      status: { conditions: status ? [{ type: 'Ready', status, message }] : [] },
    });
    expect(nodeProblems([node('a', 'True'), node('b', 'False', 'no CNI'), node('c')])).toEqual([
      'node b is not ready: no CNI',
      'node c is not ready: no word from its kubelet',
    ]);
  });
});
