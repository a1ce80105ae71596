import { cgroupsOf, changePodCpuQuotas, type CpuQuotaChange } from '@quickvirt/host';
import { controllerCgroupOf, liftedCpuQuota, podCgroupPaths, restoredCpuQuota } from '@quickvirt/node-plan';
import type { Logger } from '@quickvirt/telemetry';
import type { CpuLimits } from './run-steps.ts';

/**
 * Lifts and restores CPU limits in the node's cgroups (adr/0012). virt-handler's own pod tells where the kubelet keeps
 * those of pods.
 * @param cgroupMount for tests; the node's own otherwise.
 */
export function nodeCpuLimits(logger: Logger, { proc = '/proc', cgroupMount }: CpuLimitsPaths = {}): CpuLimits {
  const run = async (podUid: string, order: CpuQuotaChange['order'], change: CpuQuotaChange['change']) => {
    try {
      const own = controllerCgroupOf((await cgroupsOf('self', proc)) ?? '', 'cpu');
      if (!own) return;
      const podPaths = podCgroupPaths(own.path, podUid);
      const changed = await changePodCpuQuotas({ version: own.version, podPaths, order, change, cgroupMount });
      if (changed > 0) logger.info('changed the CPU limit of a launcher pod', { podUid, order, cgroups: changed });
    } catch (error) {
      logger.warn('the CPU limit of a launcher pod could not be changed', { podUid, order, error });
    }
  };
  return {
    lift: (podUid) => run(podUid, 'inward', liftedCpuQuota),
    restore: (podUid) => run(podUid, 'outward', restoredCpuQuota),
  };
}

interface CpuLimitsPaths {
  proc?: string;
  cgroupMount?: string;
}
