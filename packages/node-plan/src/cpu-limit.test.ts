import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { liftedCpuQuota, podCgroupPaths, restoredCpuQuota } from './cpu-limit.ts';

const uid = '9ff4c24f-0d05-42ff-8b5b-96575ba3f8d8';

describe('a CPU limit', () => {
  test.each([
    ['100m', 10_000, 5_000],
    ['15m', 1_500, 1_000],
    ['1500m', 150_000, 75_000],
  ])('of %s becomes as much as two CPUs, or what the shortest period gives', (_limit, quotaUs, periodUs) => {
    expect(liftedCpuQuota({ quotaUs, periodUs: 100_000 })).toEqual({ quotaUs, periodUs });
  });

  test.each([
    ['none', undefined, 100_000],
    ['two CPUs', 200_000, 100_000],
    ["a period that is not the kubelet's", 10_000, 50_000],
  ])('stays as it is: %s', (_what, quotaUs, periodUs) => {
    expect(liftedCpuQuota({ quotaUs, periodUs })).toBeUndefined();
    expect(restoredCpuQuota({ quotaUs, periodUs })).toBeUndefined();
  });

  test('comes back from what was lifted, whatever it was', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 400_000 }), (quotaUs) => {
        const given = { quotaUs, periodUs: 100_000 };
        const lifted = liftedCpuQuota(given);
        if (lifted === undefined) return;
        expect(lifted.periodUs).toBeLessThan(given.periodUs);
        expect(lifted.quotaUs).toBe(quotaUs);
        expect(restoredCpuQuota(lifted)).toEqual(given);
        expect(liftedCpuQuota(lifted)).toBeUndefined();
      }),
    );
  });
});

describe("a pod's cgroup", () => {
  test('lies beside the own one, by the name of the driver', () => {
    expect(podCgroupPaths('/kubelet/kubepods/burstable/podx/c', uid)).toEqual([
      `/kubelet/kubepods/pod${uid}`,
      `/kubelet/kubepods/burstable/pod${uid}`,
      `/kubelet/kubepods/besteffort/pod${uid}`,
    ]);
    const own = '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/x.slice/cri-containerd-1.scope';
    expect(podCgroupPaths(own, uid)[1]).toBe(
      '/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod9ff4c24f_0d05_42ff_8b5b_96575ba3f8d8.slice',
    );
    expect(podCgroupPaths('/kubepods.slice/kubepods-podx.slice', uid)[0]).toBe(
      '/kubepods.slice/kubepods-pod9ff4c24f_0d05_42ff_8b5b_96575ba3f8d8.slice',
    );
  });

  test('is nowhere for a process outside of pods, and for a UID that is none', () => {
    expect(podCgroupPaths('/system.slice/x.service', uid)).toEqual([]);
    expect(podCgroupPaths('/kubepods/podx/c', '../../x')).toEqual([]);
  });
});
