import { describe, expect, test } from '@jest/globals';
import { isInPod, isStillInPod, podProcesses } from './pod-processes.ts';

const uid = '8f2f9f0e-1a2b-4c3d-9e8f-001122334455';
const other = '8f2f9f0e-1a2b-4c3d-9e8f-001122334456';
const underscored = uid.replaceAll('-', '_');

describe('isInPod', () => {
  test.each([
    ['cgroup v2, cgroupfs', `0::/kubepods/burstable/pod${uid}/0123abcd`],
    [
      'cgroup v2, systemd',
      `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${underscored}.slice/cri.scope`,
    ],
    ['cgroup v2, systemd, guaranteed', `0::/kubepods.slice/kubepods-pod${underscored}.slice/cri-containerd-1.scope`],
    ['cgroup v2, seen from a cgroup namespace', `0::/../../../burstable/pod${uid}/0123abcd`],
    ['cgroup v1, cgroupfs', `12:memory:/kubepods/pod${uid}/0123\n1:name=systemd:/kubepods/pod${uid}/0123`],
    ['cgroup v1 in a kind node', `5:cpu,cpuacct:/kubelet/kubepods/besteffort/pod${uid}/01:x`],
  ])('%s', (_name, cgroups) => {
    expect(isInPod(cgroups, uid)).toBe(true);
    expect(isInPod(cgroups, other)).toBe(false);
  });

  test('a name that only contains the uid is not the pod', () => {
    expect(isInPod(`0::/user.slice/xpod${uid}x`, uid)).toBe(false);
    expect(isInPod('0::/', uid)).toBe(false);
  });
});

describe('podProcesses', () => {
  test('finds nobody for a pod that is not there', async () => {
    expect(await podProcesses(uid)).toEqual([]);
    expect(await isStillInPod({ pid: process.pid, startTicks: 1 }, uid)).toBe(false);
  });
});
