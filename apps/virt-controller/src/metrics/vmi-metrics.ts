import { annotations, labels, type VirtualMachineInstance } from '@quickvirt/api';
import { isConditionTrue } from '@quickvirt/kube';
import { launcherPodName } from '@quickvirt/launcher-pod';
import type { Metrics } from '@quickvirt/telemetry';
import type { Informers } from '../informers.ts';
import { NONE } from './none.ts';

/** Bounds in seconds, as dashboards for KubeVirt expect them. */
const BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600];

/** Metrics of the instances, under KubeVirt's names: what they are from the caches, how long they took from changes. */
export function vmiMetrics({ vmis }: Pick<Informers, 'vmis'>, metrics: Metrics): void {
  metrics.rows(
    {
      name: 'kubevirt_vmi_info',
      help: 'Instances, and what they are.',
      labelNames: [
        'node',
        'namespace',
        'name',
        'phase',
        'os',
        'workload',
        'flavor',
        'instance_type',
        'preference',
        'guest_os_kernel_release',
        'guest_os_machine',
        'guest_os_arch',
        'guest_os_name',
        'guest_os_version_id',
        'evictable',
        'outdated',
        'vmi_pod',
      ],
    },
    function* () {
      for (const vmi of vmis.store.list()) yield [infoLabels(vmi), 1] as const;
    },
  );
  metrics.gauge({
    name: 'kubevirt_vmi_phase_count',
    help: 'Instances by phase and node.',
    labelNames: ['phase', 'node'],
    collect: (gauge) => {
      gauge.reset();
      for (const { status } of vmis.store.list()) {
        gauge.inc({ phase: phaseLabel(status?.phase), node: status?.nodeName ?? '' });
      }
    },
  });
  metrics.gauge({
    name: 'kubevirt_vmi_number_of_outdated',
    help: 'Instances whose launcher runs an older image than the one that is installed.',
    collect: (gauge) => gauge.set(vmis.store.list().filter(isOutdated).length),
  });
  transitionMetrics(vmis, metrics);
}

function transitionMetrics(vmis: Informers['vmis'], metrics: Metrics): void {
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    metrics.histogram<Label>({ name, help, labelNames, buckets: BUCKETS });
  const between = histogram('kubevirt_vmi_phase_transition_time_seconds', 'Time from one phase to the next.', [
    'phase',
    'last_phase',
  ]);
  const sinceCreation = histogram(
    'kubevirt_vmi_phase_transition_time_from_creation_seconds',
    'Time from the creation of an instance to a phase.',
    ['phase'],
  );
  const sinceDeletion = histogram(
    'kubevirt_vmi_phase_transition_time_from_deletion_seconds',
    'Time from the deletion of an instance to a phase.',
    ['phase'],
  );
  vmis.subscribe((change) => {
    if (change.type !== 'applied' || !change.previous) return;
    const { metadata, status } = change.object;
    const last = change.previous.status?.phase;
    if (!status?.phase || status.phase === last) return;
    const phase = phaseLabel(status.phase);
    const at = enteredAt(change.object, status.phase);
    const observe = (since: number | undefined, use: (seconds: number) => void) => {
      if (at !== undefined && since !== undefined) use(Math.max(0, (at - since) / 1000));
    };
    observe(time(metadata.creationTimestamp), (seconds) => sinceCreation.observe({ phase }, seconds));
    observe(time(metadata.deletionTimestamp), (seconds) => sinceDeletion.observe({ phase }, seconds));
    const before = last && enteredAt(change.object, last);
    if (last && before) observe(before, (seconds) => between.observe({ phase, last_phase: phaseLabel(last) }, seconds));
  });
}

function infoLabels(vmi: VirtualMachineInstance) {
  const { metadata, status, spec } = vmi;
  const about = metadata.annotations ?? {};
  const guest = status?.guestOSInfo;
  return {
    node: status?.nodeName ?? '',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    phase: phaseLabel(status?.phase),
    os: about['vm.kubevirt.io/os'] ?? NONE,
    workload: about['vm.kubevirt.io/workload'] ?? NONE,
    flavor: about['vm.kubevirt.io/flavor'] ?? NONE,
    instance_type: about[annotations.instancetypeName] ?? about[annotations.clusterInstancetypeName] ?? NONE,
    preference: about[annotations.preferenceName] ?? about[annotations.clusterPreferenceName] ?? NONE,
    guest_os_kernel_release: guest?.kernelRelease ?? NONE,
    guest_os_machine: guest?.machine ?? NONE,
    guest_os_arch: spec.architecture ?? NONE,
    guest_os_name: guest?.name ?? NONE,
    guest_os_version_id: guest?.versionId ?? NONE,
    evictable: String(isEvictable(vmi)),
    outdated: String(isOutdated(vmi)),
    vmi_pod: status?.activePods ? launcherPodName(vmi) : NONE,
  };
}

/** A drain can move or end it: only a strategy that asks for a migration that cannot be is in the way. */
function isEvictable({ spec, status }: VirtualMachineInstance): boolean {
  return spec.evictionStrategy !== 'LiveMigrate' || isConditionTrue(status?.conditions, 'LiveMigratable');
}

function isOutdated({ metadata }: VirtualMachineInstance): boolean {
  return metadata.labels?.[labels.outdatedLauncherImage] !== undefined;
}

function phaseLabel(phase: string | undefined): string {
  return (phase ?? '').toLowerCase();
}

function enteredAt({ status }: VirtualMachineInstance, phase: string): number | undefined {
  return time(status?.phaseTransitionTimestamps?.find((entry) => entry.phase === phase)?.phaseTransitionTimestamp);
}

function time(text: string | null | undefined): number | undefined {
  return text ? Date.parse(text) : undefined;
}
