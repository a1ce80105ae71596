import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance, VirtualMachineInstancePhase } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import type { Pod } from '@quickvirt/kube';
import { renderLauncherPod } from '@quickvirt/launcher-pod';
import { decideVmi } from './decide.ts';
import { trimPod } from './trim-pod.ts';

/** As the first release made it. Never regenerated: it is what runs in a cluster that is upgraded. */
const firstRelease = JSON.parse(
  readFileSync(new URL('testdata/first-release.pod.json', import.meta.url), 'utf8'),
) as Pod;
const AT = '2026-07-31T23:00:00Z';
const config = clusterConfigFrom(undefined);

const aVmi = (phase: VirtualMachineInstancePhase): VirtualMachineInstance => ({
  metadata: { name: 'a', namespace: 'default', uid: 'vmi-uid', resourceVersion: '1', creationTimestamp: AT },
  spec: {
    architecture: 'amd64',
    terminationGracePeriodSeconds: 20,
    domain: {
      machine: { type: 'q35' },
      memory: { guest: '128Mi' },
      cpu: { cores: 1 },
      devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
    },
    volumes: [{ name: 'root', containerDisk: { image: 'registry.test/disk:1' } }],
  },
  status: { phase },
});

const running: Pod = {
  ...firstRelease,
  metadata: { ...firstRelease.metadata, uid: 'pod-uid', resourceVersion: '1' },
  spec: { ...firstRelease.spec, containers: firstRelease.spec?.containers ?? [], nodeName: 'node1' },
  status: {
    phase: 'Running',
    qosClass: 'Burstable',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
    containerStatuses: [
      { name: 'compute', image: '', imageID: '', ready: true, restartCount: 0, state: { running: { startedAt: AT } } },
    ],
  },
};

describe('a launcher pod that an earlier release rendered', () => {
  test('is another than today, so that the tests below say something', () => {
    const today = renderLauncherPod(aVmi('Running'), config, { launcherImage: 'registry.example/virt-launcher:2' });
    expect(today.spec).not.toEqual(firstRelease.spec);
    expect(today.metadata.name).toBe(firstRelease.metadata.name);
  });

  test.each<VirtualMachineInstancePhase>(['Pending', 'Scheduling', 'Scheduled', 'Running'])(
    'is kept while the instance is %s: it is neither rendered anew nor compared',
    (phase) => {
      const effects = decideVmi(
        {
          vmi: aVmi(phase),
          pod: trimPod(running),
          podName: firstRelease.metadata.name ?? '',
          vm: undefined,
          mountFailure: undefined,
          podAbsentMs: Infinity,
          nodeLife: { state: 'alive' },
          config,
          renderPod: () => {
            throw new Error('a pod that is there was rendered once more');
          },
        },
        new Date('2026-08-01T00:00:00Z'),
      ).effects;
      const touched = ['createPod', 'deletePod', 'event'];
      expect(effects.filter(({ type }) => touched.includes(type))).toEqual([]);
      const status = effects.find((effect) => effect.type === 'applyStatus')?.status;
      expect(status?.phase ?? phase).toBe(phase === 'Running' ? 'Running' : 'Scheduled');
      expect(status?.conditions?.some(({ type }) => type === 'Synchronized') ?? false).toBe(false);
    },
  );
});
