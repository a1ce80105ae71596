import type { DeviceStatus, VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import type { RecordedEvent } from '@quickvirt/kube';

/** A pod of this node that holds a device for a guest. */
export interface Attachment {
  /** The device's name in the VMI. */
  name: string;
  podName: string;
  podUid: string;
  /** Extended resource, for example `qat.intel.com/cy`. */
  deviceName: string;
}

/** A device and the function that it is. */
export interface NamedFunction {
  name: string;
  pciAddress: string;
}

/** What the launcher is asked for. */
export interface DeviceWish {
  /** The VMI with the host devices that the guest can have now. */
  vmi: VirtualMachineInstance;
  config: DomainConfig;
  /** Functions of attachment pods, those in the guest already included. */
  functions: NamedFunction[];
  /** Of them, what has to be opened to the launcher's pod first. */
  toOpen: string[];
  /** Names what is asked for: the same text is asked for once. */
  text: string;
}

/** What virt-handler may do about the devices of a guest that runs. */
export type GuestDevicesEffect =
  /** Asks the kubelet which functions those pods have. */
  | { type: 'findFunctions'; attachments: Attachment[] }
  /** Opens functions to the launcher's pod, then asks the launcher for the devices. */
  | { type: 'syncDevices'; wish: DeviceWish }
  /** Takes a function away from the launcher's pod, once the guest let go of it. */
  | { type: 'closeFunction'; pciAddress: string; stillUsed: string[] }
  /** Server-side apply of what virt-handler says of each device; refused when the instance changed meanwhile. */
  | { type: 'applyDevices'; vmi: VirtualMachineInstance; devices: DeviceStatus[] }
  /** Tells the VMI's own controller what to say of the devices in the condition Synchronized; undefined: nothing. */
  | { type: 'setProblem'; problem: DeviceProblem | undefined }
  | { type: 'event'; vmi: VirtualMachineInstance; event: RecordedEvent };

/** Why a guest that runs has other devices than its VMI asks for. */
export interface DeviceProblem {
  /** The reason of the condition. */
  reason: string;
  message: string;
}
