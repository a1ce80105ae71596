import {
  tryParseQuantity,
  wholeUnits,
  milliUnits,
  type VirtualMachine,
  type VirtualMachinePrintableStatus,
} from '@quickvirt/api';
import type { Metrics, Row } from '@quickvirt/telemetry';
import type { Informers } from '../informers.ts';
import { NONE } from './none.ts';

/** How dashboards group the words of `printableStatus`. */
const GROUPS: Readonly<Record<VirtualMachinePrintableStatus, StatusGroup>> = {
  Provisioning: 'starting',
  Starting: 'starting',
  WaitingForVolumeBinding: 'starting',
  WaitingForReceiver: 'starting',
  Running: 'running',
  Migrating: 'migrating',
  Paused: 'non_running',
  Stopped: 'non_running',
  Stopping: 'non_running',
  Terminating: 'non_running',
  CrashLoopBackOff: 'error',
  DataVolumeError: 'error',
  ErrImagePull: 'error',
  ErrorPvcNotFound: 'error',
  ErrorUnschedulable: 'error',
  ImagePullBackOff: 'error',
  Unknown: 'error',
};
const GROUP_NAMES = ['starting', 'running', 'migrating', 'non_running', 'error'] as const;
type StatusGroup = (typeof GROUP_NAMES)[number];

/** Metrics of the virtual machines, under KubeVirt's names. */
export function vmMetrics({ vms }: Pick<Informers, 'vms'>, metrics: Metrics): void {
  const each = <Label extends string>(rowsOf: (vm: VirtualMachine) => Row<Label>[]) =>
    function* (): Iterable<Row<Label>> {
      for (const vm of vms.store.list()) yield* rowsOf(vm);
    };
  metrics.rows(
    {
      name: 'kubevirt_vm_info',
      help: 'Virtual machines, and what they are.',
      labelNames: [
        'name',
        'namespace',
        'os',
        'workload',
        'flavor',
        'machine_type',
        'instance_type',
        'preference',
        'status',
        'status_group',
      ],
    },
    each((vm) => [[infoLabels(vm), 1]]),
  );
  metrics.rows(
    {
      name: 'kubevirt_vm_create_date_timestamp_seconds',
      help: 'When a virtual machine was created, as Unix time.',
      labelNames: ['name', 'namespace'],
    },
    each((vm) => [[identity(vm), seconds(vm.metadata.creationTimestamp)]]),
  );
  metrics.rows(
    {
      name: 'kubevirt_vm_resource_requests',
      help: 'CPU and memory that a virtual machine asks for.',
      labelNames: ['name', 'namespace', 'resource', 'unit', 'source'],
    },
    each(requestRows),
  );
  for (const group of GROUP_NAMES) {
    metrics.rows(
      {
        name: `kubevirt_vm_${group}_status_last_transition_timestamp_seconds`,
        help: `When a virtual machine last changed, as Unix time, if its status is of the group ${group}; else 0.`,
        labelNames: ['name', 'namespace'],
      },
      each((vm) => [[identity(vm), groupOf(vm) === group ? lastTransition(vm) : 0]]),
    );
  }
}

function infoLabels(vm: VirtualMachine) {
  const { template, instancetype, preference } = vm.spec;
  const about = template.metadata?.annotations ?? {};
  return {
    ...identity(vm),
    os: about['vm.kubevirt.io/os'] ?? NONE,
    workload: about['vm.kubevirt.io/workload'] ?? NONE,
    flavor: about['vm.kubevirt.io/flavor'] ?? NONE,
    machine_type: template.spec?.domain.machine?.type ?? NONE,
    instance_type: instancetype?.name ?? NONE,
    preference: preference?.name ?? NONE,
    status: (vm.status?.printableStatus ?? 'Unknown').toLowerCase(),
    status_group: groupOf(vm),
  };
}

function requestRows(vm: VirtualMachine): Row<'name' | 'namespace' | 'resource' | 'unit' | 'source'>[] {
  const { cpu, memory, resources } = vm.spec.template.spec?.domain ?? {};
  const rows: Row<'name' | 'namespace' | 'resource' | 'unit' | 'source'>[] = [];
  const add = (resource: string, unit: string, source: string, value: number | undefined) => {
    if (value !== undefined) rows.push([{ ...identity(vm), resource, unit, source }, value]);
  };
  const bytes = (quantity: unknown) => {
    const parsed = tryParseQuantity(quantity);
    return parsed && Number(wholeUnits(parsed));
  };
  add('memory', 'bytes', 'guest', bytes(memory?.guest));
  add('memory', 'bytes', 'domain', bytes(resources?.requests?.['memory']));
  const cores = tryParseQuantity(resources?.requests?.['cpu']);
  add('cpu', 'cores', 'requests', cores && Number(milliUnits(cores)) / 1000);
  add('cpu', 'cores', 'domain', cpu?.cores);
  add('cpu', 'threads', 'domain', cpu?.threads);
  add('cpu', 'sockets', 'domain', cpu?.sockets);
  return rows;
}

function identity({ metadata }: VirtualMachine): { name: string; namespace: string } {
  return { name: metadata.name ?? '', namespace: metadata.namespace ?? '' };
}

function groupOf(vm: VirtualMachine): StatusGroup {
  return GROUPS[vm.status?.printableStatus ?? 'Unknown'] ?? 'error';
}

function lastTransition({ status, metadata }: VirtualMachine): number {
  const times = (status?.conditions ?? []).map(({ lastTransitionTime }) => seconds(lastTransitionTime));
  return Math.max(...times, times.length > 0 ? 0 : seconds(metadata.creationTimestamp));
}

function seconds(time: string | null | undefined): number {
  return time ? Date.parse(time) / 1000 : 0;
}
