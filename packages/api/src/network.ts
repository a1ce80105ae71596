import type { EmptyObject, Int32, Integer } from './scalars.ts';

export type InterfaceModel = 'virtio' | 'e1000' | 'e1000e' | 'igb' | 'ne2k_pci' | 'pcnet' | 'rtl8139';

export type InterfaceState = 'up' | 'down' | 'absent';

export type PortProtocol = 'TCP' | 'UDP';

export interface Interface {
  acpiIndex?: Integer;
  binding?: PluginBinding;
  bootOrder?: Integer;
  bridge?: EmptyObject;
  dhcpOptions?: DHCPOptions;
  macAddress?: string;
  macvtap?: EmptyObject;
  masquerade?: EmptyObject;
  model?: InterfaceModel;
  name: string;
  passt?: EmptyObject;
  passtBinding?: EmptyObject;
  pciAddress?: string;
  /** @listType atomic */
  portRanges?: PortRange[];
  ports?: Port[];
  slirp?: EmptyObject;
  sriov?: EmptyObject;
  state?: InterfaceState;
  tag?: string;
}

export interface Network {
  multus?: MultusNetwork;
  name: string;
  pod?: PodNetwork;
  resourceClaim?: ClaimRequest;
}

export interface MultusNetwork {
  default?: boolean;
  networkName: string;
}

export interface PodNetwork {
  vmIPv6NetworkCIDR?: string;
  vmNetworkCIDR?: string;
}

export interface Port {
  name?: string;
  port: Int32;
  protocol?: PortProtocol;
}

export interface PortRange {
  end: Int32;
  protocol: PortProtocol;
  start: Int32;
}

export interface DHCPOptions {
  bootFileName?: string;
  ntpServers?: string[];
  privateOptions?: DHCPPrivateOptions[];
  tftpServerName?: string;
}

export interface DHCPPrivateOptions {
  option: Integer;
  value: string;
}

export interface PluginBinding {
  name: string;
}

export interface ClaimRequest {
  claimName?: string;
  requestName?: string;
}
