import { expect, test } from '@jest/globals';
import { nodeMetadataRemoval } from './node-metadata.ts';

test('takes off what virt-handler put there, and nothing else', () => {
  const removal = nodeMetadataRemoval({
    name: 'n1',
    uid: 'u1',
    labels: {
      'kubevirt.io/schedulable': 'true',
      'cpu-model.node.kubevirt.io/Haswell': 'true',
      'machine-type.node.kubevirt.io/q35': 'true',
      'node-labeller.kubevirt.io/obsolete-host-model': 'true',
      'qat.quickvirt.io/generation': '4',
      'kubernetes.io/hostname': 'n1',
      'cdi.kubevirt.io/import': 'fast',
      'example.com/kubevirt.io': 'x',
      'notkubevirt.io/x': 'y',
    },
    annotations: {
      'kubevirt.io/heartbeat': '2026-11-21T00:00:00Z',
      'node-labeller.kubevirt.io/skip-node': 'true',
      'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
    },
  });
  expect(removal).toEqual({
    uid: 'u1',
    labels: {
      'kubevirt.io/schedulable': null,
      'cpu-model.node.kubevirt.io/Haswell': null,
      'machine-type.node.kubevirt.io/q35': null,
      'node-labeller.kubevirt.io/obsolete-host-model': null,
      'qat.quickvirt.io/generation': null,
    },
    annotations: { 'kubevirt.io/heartbeat': null },
  });
});

test('a node without anything of ours is not written', () => {
  expect(nodeMetadataRemoval({ name: 'n1', labels: { 'kubernetes.io/hostname': 'n1' } })).toBeUndefined();
  expect(nodeMetadataRemoval({ name: 'n1' })).toBeUndefined();
});
