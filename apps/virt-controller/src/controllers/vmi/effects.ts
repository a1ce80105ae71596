import type { VirtualMachineInstance, VirtualMachineInstanceStatus } from '@quickvirt/api';
import type { Pod, RecordedEvent } from '@quickvirt/kube';

/** What the VMI controller may do, one entry a write. */
export type VmiEffect =
  /** Sets the finalizers; refused when the instance changed since it was read. */
  | { type: 'setFinalizers'; vmi: VirtualMachineInstance; finalizers: string[] }
  | { type: 'createPod'; vmi: VirtualMachineInstance; pod: Pod }
  /** Deletes this very pod; also used to shorten the grace period of one that is ending. */
  | { type: 'deletePod'; pod: Pod; gracePeriodSeconds: number }
  /**
   * Adds labels to this very pod and says by its readiness gate whether the guest may be sent work: one write, by the
   * pod's status.
   */
  | { type: 'markPod'; pod: Pod; labels: Record<string, string>; unpaused: boolean }
  /** Adds labels; refused when the instance changed since it was read. */
  | { type: 'labelInstance'; vmi: VirtualMachineInstance; labels: Record<string, string> }
  /** Server-side apply of all fields that virt-controller answers for; refused when the instance changed meanwhile. */
  | { type: 'applyStatus'; vmi: VirtualMachineInstance; status: VirtualMachineInstanceStatus }
  | { type: 'event'; vmi: VirtualMachineInstance; event: RecordedEvent };
