import type { Interface, VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';

/**
 * The spec with one interface on the pod network, named `default`, where it has no interface at all and did not say
 * that it wants none.
 */
export function withDefaultNetwork(
  spec: VirtualMachineInstanceSpec,
  config: ClusterConfig,
): VirtualMachineInstanceSpec {
  const { devices } = spec.domain;
  if (devices.autoattachPodInterface === false || devices.interfaces?.length || spec.networks?.length) return spec;
  const iface: Interface = { name: 'default', [config.network.defaultNetworkInterface]: {} };
  return {
    ...spec,
    domain: { ...spec.domain, devices: { ...devices, interfaces: [iface] } },
    networks: [{ name: 'default', pod: {} }],
  };
}
