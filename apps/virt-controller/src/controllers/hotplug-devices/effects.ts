import type { DeviceStatus, VirtualMachineInstance } from '@quickvirt/api';
import type { Pod, RecordedEvent } from '@quickvirt/kube';

/** What virt-controller says of a device in the status: which pod holds it. */
export type DeviceAttachment = Required<Pick<DeviceStatus, 'name' | 'hotplug'>>;

/** What the controller of hot-plugged devices may do, one entry a write. */
export type HotplugEffect =
  | { type: 'createPod'; vmi: VirtualMachineInstance; pod: Pod }
  /** Deletes this very pod. */
  | { type: 'deletePod'; pod: Pod }
  /** Server-side apply of all attachments; refused when the instance changed since it was read. */
  | { type: 'applyAttachments'; vmi: VirtualMachineInstance; attachments: DeviceAttachment[] }
  | { type: 'event'; vmi: VirtualMachineInstance; event: RecordedEvent };
