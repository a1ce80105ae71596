import type { Client } from './service.ts';
import { serviceMethods } from './codec.ts';
import { descriptor, type PodResourcesLister } from './gen/pod-resources.ts';
import { dialSocket } from './unix-socket.ts';

/** What the kubelet gave to which pod. */
export type PodResourcesClient = Client<PodResourcesLister>;

const methods = serviceMethods(descriptor, 'v1.PodResourcesLister');

/** @param socketPath usually `/var/lib/kubelet/pod-resources/kubelet.sock`. */
export function dialPodResources(socketPath: string): PodResourcesClient {
  return dialSocket<PodResourcesLister>(socketPath, methods, { maxReceiveBytes: 16 * 1024 * 1024 });
}
