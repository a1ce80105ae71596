import type { VirtualMachineInstance, VirtualMachineInstanceStatus } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import type { RecordedEvent } from '@quickvirt/kube';

/** What virt-handler may do for an instance. */
export type VmiEffect =
  /** Follow the launcher of that pod. */
  | { type: 'connect'; podUid: string }
  /** The guest is no longer this node's. */
  | { type: 'disconnect' }
  /** That pod was removed: find out when no process of it is left. */
  | { type: 'awaitPodEnd'; podUid: string }
  /** The pod's CPU limit is the guest's, not its start's: as much as a start can use, from here to `restoreCpuLimit`. */
  | { type: 'liftCpuLimit'; podUid: string }
  /** What the pod says again. Nothing is done where nothing was lifted. */
  | { type: 'restoreCpuLimit'; podUid: string }
  /** Prepare what needs privilege, then ask the launcher for the domain. `wish` names what is asked for. */
  | { type: 'syncDomain'; vmi: VirtualMachineInstance; config: DomainConfig; wish: string }
  /** Server-side apply of every status field that virt-handler answers for. */
  | { type: 'applyStatus'; vmi: VirtualMachineInstance; status: VirtualMachineInstanceStatus }
  /** Tells, once, that the guest is being shut down. */
  | { type: 'tellShutdown'; vmi: VirtualMachineInstance }
  | { type: 'event'; vmi: VirtualMachineInstance; event: RecordedEvent };
