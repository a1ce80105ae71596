import { DEVICE_ATTACHMENT_CONTAINER } from '@quickvirt/launcher-pod';
import { dialPodResources } from '@quickvirt/rpc';
import type { FindFunction } from './run-steps.ts';

const PCI_ADDRESS = /^[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;
const TIMEOUT_MS = 10_000;

/**
 * Asks the kubelet which function it gave to an attachment pod. A device's id is its address with our device plugins and
 * the SR-IOV network plugin.
 * @param podResourcesSocket usually `/var/lib/kubelet/pod-resources/kubelet.sock`.
 */
export function functionFinder(podResourcesSocket: string): FindFunction {
  return async ({ podName, namespace, deviceName }) => {
    const kubelet = dialPodResources(podResourcesSocket);
    try {
      const { podResources } = await kubelet.list({}, { timeoutMs: TIMEOUT_MS });
      const pod = podResources.find((one) => one.name === podName && one.namespace === namespace);
      const container = pod?.containers.find(({ name }) => name === DEVICE_ATTACHMENT_CONTAINER);
      const ids = (container?.devices ?? [])
        .filter(({ resourceName }) => resourceName === deviceName)
        .flatMap(({ deviceIds }) => deviceIds);
      const [id = ''] = ids;
      if (ids.length === 0) throw new Error(`the kubelet knows of no ${deviceName} of attachment pod ${podName} yet`);
      if (ids.length > 1 || !PCI_ADDRESS.test(id)) {
        throw new Error(
          `the device plugin of ${deviceName} names devices ${JSON.stringify(ids.join(','))}: only one that names them ` +
            'by their PCI address can be plugged into a running guest; stop the VM and start it with the device instead',
        );
      }
      return id;
    } finally {
      kubelet.close();
    }
  };
}
