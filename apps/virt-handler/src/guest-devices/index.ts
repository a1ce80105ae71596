import type { VirtualMachineInstance } from '@quickvirt/api';
import { controller, keyOf, type Controller, type ControllerOptions, type Informer } from '@quickvirt/kube';
import { decideGuestDevices } from './decide.ts';
import { observeGuestDevices, type ObservePorts } from './observe.ts';
import { guestDevicesStepRunner, type StepPorts } from './run-steps.ts';

export { DeviceMemories } from './device-memory.ts';
export { functionFinder } from './find-function.ts';

export type GuestDevicesPorts = StepPorts &
  Omit<ObservePorts, 'vmis'> & {
    vmis: Informer<VirtualMachineInstance>;
    /** Calls the listener when what the node tells of its functions has changed. */
    onFactsChange: (listener: () => void) => void;
  };

/** Tells in the status which function of the node each device of a guest is, and plugs devices in and out as it runs. */
export function guestDevicesController(ports: GuestDevicesPorts, options: ControllerOptions): Controller {
  const { vmis, launchers, memories, onFactsChange } = ports;
  const made = controller('guest-devices', options)
    .for(vmis)
    .reconciles(
      {
        name: 'guest-devices',
        observe: async (key) => observeGuestDevices(key, { ...ports, vmis: vmis.store }),
        decide: decideGuestDevices,
      },
      guestDevicesStepRunner(ports),
    );
  launchers.subscribe((key) => made.enqueue(key));
  memories.subscribe((key) => made.enqueue(key));
  onFactsChange(() => {
    for (const vmi of vmis.store.list()) {
      if ((vmi.status?.deviceStatus ?? []).length > 0) made.enqueue(keyOf(vmi));
    }
  });
  vmis.subscribe((change) => {
    if (change.type === 'deleted') memories.forget(keyOf(change.object));
  });
  return made;
}
