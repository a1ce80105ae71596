import type { VirtualMachineInstance } from '@quickvirt/api';
import { DomainState } from '@quickvirt/libvirt';
import { planDisks, type DiskStep } from './disk-plan.ts';

/** What is, before a SyncDomain does anything. */
export interface SyncObservation {
  /** The domain as libvirt has it; undefined when none is defined. */
  domain: { state: DomainState } | undefined;
  /** True once QEMU was started here: a guest that is off then has ended, and is never started again in this pod. */
  started: boolean;
  /** True once the guest was let run (or left paused, as the VMI asks), with its console connected. */
  released: boolean;
  /** True once the pod is to end. */
  stopRequested: boolean;
  /** Names of the host devices in the domain. */
  hostDevices: readonly string[];
}

/** One step towards the domain that the VMI asks for; the order is the order of the steps. */
export type SyncStep =
  | { kind: 'prepareDisk'; disk: DiskStep }
  /** Turns VMI and facts into XML and gives it to libvirt. */
  | { kind: 'define' }
  /** Starts QEMU with its CPUs stopped, so that the console is connected before the guest's first instruction. */
  | { kind: 'start' }
  | { kind: 'connectConsole' }
  /** Lets the CPUs run, or leaves them stopped for a VMI that starts paused. */
  | { kind: 'release'; paused: boolean }
  /** Asks the guest to let go of a host device that the VMI has no more, and waits for it. */
  | { kind: 'detachDevice'; name: string }
  /** Plugs in a host device that the VMI has got since the start. */
  | { kind: 'attachDevice'; name: string };

/**
 * What a SyncDomain has to do. Level-based: after its own steps it asks for none.
 * @throws FieldError for a volume that cannot be served.
 */
export function decideSync(vmi: VirtualMachineInstance, observed: SyncObservation): SyncStep[] {
  const { domain, started, released, stopRequested } = observed;
  const isOff = domain === undefined || domain.state === DomainState.shutoff || domain.state === DomainState.crashed;
  if (stopRequested || (isOff && started)) return [];
  const hasConsole = vmi.spec.domain.devices.autoattachSerialConsole !== false;
  const letRun: SyncStep[] = [
    ...(hasConsole ? [{ kind: 'connectConsole' } as const] : []),
    { kind: 'release', paused: vmi.spec.startStrategy === 'Paused' },
  ];
  if (!isOff) return released ? changedDevices(vmi, observed) : letRun;
  const disks = planDisks(vmi).map((disk): SyncStep => ({ kind: 'prepareDisk', disk }));
  return [...disks, { kind: 'define' }, { kind: 'start' }, ...letRun];
}

/** What a running guest has too much, then what it lacks: a function that was given back can be another device's. */
function changedDevices(vmi: VirtualMachineInstance, { domain, hostDevices }: SyncObservation): SyncStep[] {
  if (domain?.state === DomainState.shutdown) return [];
  const wanted = (vmi.spec.domain.devices.hostDevices ?? []).map(({ name }) => name);
  return [
    ...hostDevices.filter((name) => !wanted.includes(name)).map((name): SyncStep => ({ kind: 'detachDevice', name })),
    ...wanted.filter((name) => !hostDevices.includes(name)).map((name): SyncStep => ({ kind: 'attachDevice', name })),
  ];
}
