import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Metrics } from '@quickvirt/telemetry';
import type { Informers } from './informers.ts';

/** Bounds in seconds, as dashboards for KubeVirt expect them. */
const BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600];

/** Metrics of what VMs and their instances are doing, taken from the caches at scrape time or from their changes. */
export function phaseMetrics({ vms, vmis }: Pick<Informers, 'vms' | 'vmis'>, metrics: Metrics): void {
  metrics.gauge({
    name: 'kubevirt_vmi_phase_count',
    help: 'Instances by phase and node.',
    labelNames: ['phase', 'node'],
    collect: (gauge) => {
      gauge.reset();
      for (const { status } of vmis.store.list()) {
        gauge.inc({ phase: status?.phase ?? '', node: status?.nodeName ?? '' });
      }
    },
  });
  metrics.gauge({
    name: 'kubevirt_vm_info',
    help: 'Virtual machines and their one-word status.',
    labelNames: ['name', 'namespace', 'status', 'status_group'],
    collect: (gauge) => {
      gauge.reset();
      for (const { metadata, status } of vms.store.list()) {
        const word = status?.printableStatus ?? 'Unknown';
        const { name = '', namespace = '' } = metadata;
        gauge.set({ name, namespace, status: word.toLowerCase(), status_group: statusGroup(word) }, 1);
      }
    },
  });
  const sinceCreation = metrics.histogram({
    name: 'kubevirt_vmi_phase_transition_time_from_creation_seconds',
    help: 'Time from the creation of an instance to a phase.',
    labelNames: ['phase'],
    buckets: BUCKETS,
  });
  vmis.subscribe((change) => {
    if (change.type !== 'applied' || !change.previous) return;
    const { metadata, status } = change.object;
    if (status?.phase === change.previous.status?.phase || !status?.phase || !metadata.creationTimestamp) return;
    const at = enteredAt(change.object);
    if (at !== undefined) {
      sinceCreation.observe({ phase: status.phase }, Math.max(0, (at - Date.parse(metadata.creationTimestamp)) / 1000));
    }
  });
}

function enteredAt({ status }: VirtualMachineInstance): number | undefined {
  const times = status?.phaseTransitionTimestamps ?? [];
  const time = times.find(({ phase }) => phase === status?.phase)?.phaseTransitionTimestamp;
  return time === undefined ? undefined : Date.parse(time);
}

function statusGroup(word: string): string {
  if (word === 'Running' || word === 'Migrating' || word === 'Starting') return word.toLowerCase();
  return /^Err|Error|BackOff|Unknown/.test(word) ? 'error' : 'non_running';
}
