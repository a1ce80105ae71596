import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Pod } from '@quickvirt/kube';

/**
 * Whether a launcher pod of the instance is not the one that its guest was handed over with. A request to make the pod that
 * hung for long may make it once more, after somebody removed the first one by force: nothing may start in it, while QEMU
 * of the first may run.
 */
export function isStray({ status }: VirtualMachineInstance, { metadata }: Pod): boolean {
  const handedOver = Object.keys(status?.activePods ?? {});
  return handedOver.length > 0 && !handedOver.includes(metadata.uid ?? '');
}
