import type { EmptyObject, Int32, Integer } from './scalars.ts';

/** Model of a network card. */
export type InterfaceModel = 'virtio' | 'e1000' | 'e1000e' | 'igb' | 'ne2k_pci' | 'pcnet' | 'rtl8139';

/** Whether a link is up, or the interface is to be unplugged. */
export type InterfaceState = 'up' | 'down' | 'absent';

/** Protocol of a port. */
export type PortProtocol = 'TCP' | 'UDP';

/** A network interface of the guest. It connects to the network of the same name by one binding. */
export interface Interface {
  /** Index by which guests name the interface, `eno<index>`. Default: none. */
  acpiIndex?: Integer;
  /** Connects by a binding plugin of the cluster. */
  binding?: PluginBinding;
  /** Place in the boot order, from 1; no two devices share one. Default: not booted from. */
  bootOrder?: Integer;
  /** Connects by a bridge; the guest takes the pod's address over. */
  bridge?: EmptyObject;
  /** Options that the guest gets with its DHCP lease. */
  dhcpOptions?: DHCPOptions;
  /**
   * MAC address, for example `02:00:00:00:00:01`. Default: that of the pod's interface with `bridge`, a random one
   * otherwise.
   */
  macAddress?: string;
  /** Discontinued: use a binding plugin. */
  macvtap?: EmptyObject;
  /** Connects by address translation; the guest has a private address and the pod's address reaches its ports. */
  masquerade?: EmptyObject;
  /** Model of the network card. Default: `virtio`. */
  model?: InterfaceModel;
  /** Name of the interface, and of the network it connects to. */
  name: string;
  /** Discontinued: use `passtBinding`. */
  passt?: EmptyObject;
  /** Connects through passt, a user-mode network that needs no privilege. */
  passtBinding?: EmptyObject;
  /** Address of the card in the guest, for example `0000:81:01.0`. Default: the next free one. */
  pciAddress?: string;
  /**
   * Ranges of ports that reach the guest. Default: all ports, unless `ports` names some.
   * @listType atomic
   */
  portRanges?: PortRange[];
  /** Ports that reach the guest. Default: all ports. */
  ports?: Port[];
  /** Discontinued: use `passtBinding`. */
  slirp?: EmptyObject;
  /** Passes a virtual function of an SR-IOV card, which the network's Multus definition provides. */
  sriov?: EmptyObject;
  /** `up` and `down` set the link; `absent` unplugs the interface. Default: `up`. */
  state?: InterfaceState;
  /** Text that the guest finds in its cloud-init metadata with the interface. */
  tag?: string;
}

/** A network that an interface connects to. One of the sources is set. */
export interface Network {
  /** A network that Multus attaches to the pod. */
  multus?: MultusNetwork;
  /** Name of the network, which an interface refers to. */
  name: string;
  /** The pod network of the cluster. */
  pod?: PodNetwork;
  /** A device of a resource claim. */
  resourceClaim?: ClaimRequest;
}

/** A network that Multus attaches. */
export interface MultusNetwork {
  /** Makes this network the pod's default one, instead of the cluster's. Default: false. */
  default?: boolean;
  /** NetworkAttachmentDefinition, as `name` or `namespace/name`. */
  networkName: string;
}

/** The pod network. */
export interface PodNetwork {
  /** IPv6 network of the guest behind `masquerade`. Default: `fd10:0:2::/120`. */
  vmIPv6NetworkCIDR?: string;
  /** IPv4 network of the guest behind `masquerade`. Default: `10.0.2.0/24`. */
  vmNetworkCIDR?: string;
}

/** A port that reaches the guest. */
export interface Port {
  /** Name of the port, unique in the interface. */
  name?: string;
  /** Port number, 1 to 65535. */
  port: Int32;
  /** Protocol. Default: `TCP`. */
  protocol?: PortProtocol;
}

/** A range of ports that reach the guest. */
export interface PortRange {
  /** Last port. */
  end: Int32;
  /** Protocol. */
  protocol: PortProtocol;
  /** First port. */
  start: Int32;
}

/** Options of a DHCP lease. */
export interface DHCPOptions {
  /** Boot file, option 67. */
  bootFileName?: string;
  /** IPv4 addresses of time servers, option 42. */
  ntpServers?: string[];
  /** Options for private use. */
  privateOptions?: DHCPPrivateOptions[];
  /** Boot server, option 66. */
  tftpServerName?: string;
}

/** A DHCP option for private use. */
export interface DHCPPrivateOptions {
  /** Number of the option, 224 to 254. */
  option: Integer;
  /** Text of the option. */
  value: string;
}

/** A binding plugin of the cluster. */
export interface PluginBinding {
  /** Name of the plugin in the KubeVirt object. */
  name: string;
}

/** A request of a resource claim. */
export interface ClaimRequest {
  /** Name in the VMI's `resourceClaims`. */
  claimName?: string;
  /** Name of the request in that claim. */
  requestName?: string;
}
