import { annotations } from '@quickvirt/api';
import type { Node } from '@quickvirt/kube';

/** Keeps of a Node what its life is judged by. */
export function trimNode({ metadata, spec, status }: Node): Node {
  const { name, uid, resourceVersion, annotations: all = {} } = metadata;
  const boot = all[annotations.fencedBoot];
  return {
    metadata: { name, uid, resourceVersion, ...(boot ? { annotations: { [annotations.fencedBoot]: boot } } : {}) },
    spec: { taints: spec?.taints },
    status: {
      conditions: status?.conditions?.filter(({ type }) => type === 'Ready'),
      nodeInfo: status?.nodeInfo && { ...BLANK_INFO, bootID: status.nodeInfo.bootID },
    },
  } as Node;
}

/** The client's type wants every field. */
const BLANK_INFO = {
  architecture: '',
  containerRuntimeVersion: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  kubeletVersion: '',
  machineID: '',
  operatingSystem: '',
  osImage: '',
  systemUUID: '',
};
