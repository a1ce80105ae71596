import { virtualMachineInstances, type KubeVirt, type VirtualMachineInstance } from '@quickvirt/api';
import {
  controller,
  Informer,
  keyOf,
  type Controller,
  type ControllerOptions,
  type InformerOptions,
  type KubeObject,
  type ApiClient,
} from '@quickvirt/kube';
import { decideVmi } from './decide.ts';
import { observeVmi, type ObservePorts } from './observe.ts';
import { PodEnds, type PodEndWait } from './pod-ends.ts';
import { vmiStepRunner, type StepPorts } from './run-steps.ts';

/** The instances of one node, by the API server's own index. */
export function vmiInformer(
  client: ApiClient,
  nodeName: string,
  options: Pick<InformerOptions<KubeObject>, 'logger' | 'clock' | 'random'>,
): Informer<VirtualMachineInstance> {
  return new Informer(client, virtualMachineInstances, { ...options, fieldSelector: `status.nodeName=${nodeName}` });
}

export type VmiControllerPorts = Omit<StepPorts, 'podEnds'> &
  Omit<ObservePorts, 'vmis' | 'podEnds'> & { kubevirts: Informer<KubeVirt>; untilPodHasEnded: PodEndWait };

/** Guests being started at once; a worker waits while its guest's QEMU starts. */
const WORKERS = 16;

/** Brings the guests of this node to what their instances ask for, and tells in their status how they are. */
export function vmiController(ports: VmiControllerPorts, options: ControllerOptions): Controller {
  const { vmis, launchers, kubevirts, untilPodHasEnded, clock } = ports;
  const { logger } = options;
  const podEnds = new PodEnds({ untilEnded: untilPodHasEnded, onEnd: (key) => made.enqueue(key), logger, clock });
  const made = controller('vmi', { ...options, workers: WORKERS })
    .for(vmis)
    // Another configuration may serve what this one could not.
    .watches(kubevirts, () => vmis.store.list().map(keyOf))
    .reconciles(
      {
        name: 'vmi',
        observe: async (key) => observeVmi(key, { ...ports, podEnds, vmis: vmis.store }),
        decide: decideVmi,
      },
      vmiStepRunner({ ...ports, podEnds }),
    );
  launchers.subscribe((key) => made.enqueue(key));
  vmis.subscribe((change) => {
    if (change.type !== 'deleted') return;
    launchers.disconnect(keyOf(change.object));
    podEnds.forget(keyOf(change.object));
  });
  return { ...made, run: (signal) => made.run(signal).finally(() => podEnds.close()) };
}
