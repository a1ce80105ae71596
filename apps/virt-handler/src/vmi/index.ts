import { virtualMachineInstances, type KubeVirt, type VirtualMachineInstance } from '@quickvirt/api';
import { controller, Informer, keyOf, type Controller, type ControllerOptions, type KubeClient } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { decideVmi } from './decide.ts';
import { observeVmi, type ObservePorts } from './observe.ts';
import { vmiStepRunner, type StepPorts } from './run-steps.ts';

/** The instances of one node, by the API server's own index. */
export function vmiInformer(client: KubeClient, nodeName: string, logger: Logger): Informer<VirtualMachineInstance> {
  return new Informer(client, virtualMachineInstances, { fieldSelector: `status.nodeName=${nodeName}`, logger });
}

export type VmiControllerPorts = StepPorts & Omit<ObservePorts, 'vmis'> & { kubevirts: Informer<KubeVirt> };

/** Guests being started at once; a worker waits while its guest's QEMU starts. */
const WORKERS = 16;

/** Brings the guests of this node to what their instances ask for, and tells in their status how they are. */
export function vmiController(ports: VmiControllerPorts, options: ControllerOptions): Controller {
  const { vmis, launchers, kubevirts } = ports;
  const made = controller('vmi', { ...options, workers: WORKERS })
    .for(vmis)
    // Another configuration may serve what this one could not.
    .watches(kubevirts, () => vmis.store.list().map(keyOf))
    .reconciles(
      {
        name: 'vmi',
        observe: async (key) => observeVmi(key, { ...ports, vmis: vmis.store }),
        decide: decideVmi,
      },
      vmiStepRunner(ports),
    );
  launchers.subscribe((key) => made.enqueue(key));
  vmis.subscribe((change) => {
    if (change.type === 'deleted') launchers.disconnect(keyOf(change.object));
  });
  return made;
}
