import { expect, test } from '@jest/globals';
import type { Pod } from '@quickvirt/kube';
import { addressOf } from './handler-directory.ts';

const pod = (podIP: string | undefined, ready: boolean, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'virt-handler-x', ...metadata },
  status: { podIP, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

test.each<[string, Pod[], string | undefined]>([
  ['none', [], undefined],
  ['one that is ready', [pod('10.0.0.1', true)], '10.0.0.1:8186'],
  ['one with IPv6', [pod('fd00::1', true)], '[fd00::1]:8186'],
  ['one that is not ready', [pod('10.0.0.1', false)], undefined],
  ['one without an address', [pod(undefined, true)], undefined],
  [
    'an old one that goes and a new one',
    [pod('10.0.0.1', true, { deletionTimestamp: '2026-01-01T00:00:00Z' }), pod('10.0.0.2', true)],
    '10.0.0.2:8186',
  ],
])('of %s', (_which, pods, address) => {
  expect(addressOf(pods)).toBe(address);
});
