import type { ReloadableComponentConfiguration } from './component-configuration.ts';
import type { ImagePullPolicy } from './core/references.ts';
import type { DeveloperConfiguration } from './developer-configuration.ts';
import type { ResourceRequirementsWithoutClaims } from './domain.ts';
import type { MediatedDevicesConfiguration, PermittedHostDevices } from './host-devices.ts';
import type { LabelSelector } from './meta.ts';
import type { MigrationConfiguration } from './migration-configuration.ts';
import type { NetworkConfiguration } from './network-configuration.ts';
import type { EmptyObject, Int32, Integer, Quantity } from './scalars.ts';
import type { ConfidentialComputeConfiguration, SeccompConfiguration } from './security-configuration.ts';
import type { EvictionStrategy } from './vmi.ts';

/** A hypervisor. */
export type HypervisorName = 'kvm' | 'hyperv-direct';

/** What a machine keeps of its instance type. */
export type InstancetypeReferencePolicy = 'reference' | 'expand' | 'expandAll';

/** Whether users' roles are folded into Kubernetes' own. */
export type RoleAggregationStrategy = 'AggregateToDefault' | 'Manual';

/** A container beside the guest's. */
export type SupportContainerType =
  'container-disk' | 'hotplug-disk' | 'virtiofs' | 'sidecar' | 'vmexport' | 'guest-console-log';

/** A version of TLS. */
export type TLSProtocolVersion = 'VersionTLS10' | 'VersionTLS11' | 'VersionTLS12' | 'VersionTLS13';

/** When changes of a machine's template take effect. */
export type VMRolloutStrategy = 'Stage' | 'LiveUpdate';

/** Settings of guests and components. Changes take effect without a restart of components. */
export interface KubeVirtConfiguration {
  /** Multiplies the memory that a launcher pod gets beyond its guest's, for example `1.5`. Default: `1`. */
  additionalGuestMemoryOverheadRatio?: string;
  /** Settings of virt-api. */
  apiConfiguration?: ReloadableComponentConfiguration;
  /** Machine types by CPU architecture. */
  architectureConfiguration?: ArchConfiguration;
  /** Labels of namespaces whose guests get a CPU limit equal to their CPUs. Default: none. */
  autoCPULimitNamespaceLabelSelector?: LabelSelector;
  /**
   * Which machines have changed blocks tracked for incremental backups. Default: none.
   * @nullable
   */
  changedBlockTrackingLabelSelectors?: ChangedBlockTrackingSelectors;
  /**
   * Whether the common instance types and preferences are installed.
   * @nullable
   */
  commonInstancetypesDeployment?: CommonInstancetypesDeployment;
  /**
   * Settings of confidential guests.
   * @nullable
   */
  confidentialCompute?: ConfidentialComputeConfiguration;
  /** Settings of virt-controller. */
  controllerConfiguration?: ReloadableComponentConfiguration;
  /** CPU model of guests that name none. Default: `host-model` (`host-passthrough` on arm64). */
  cpuModel?: string;
  /** CPU request of guests that ask for none. Default: `100m` for each virtual CPU, by the allocation ratio. */
  cpuRequest?: Quantity;
  /** RuntimeClass of launcher pods. Default: none. */
  defaultRuntimeClass?: string;
  /** Feature gates and settings for special cases. */
  developerConfiguration?: DeveloperConfiguration;
  /**
   * Machine types that guests may have, on every architecture; `*` stands for any text. Default: as
   * `architectureConfiguration` says.
   */
  emulatedMachines?: string[];
  /** Eviction strategy of guests that name none. Default: `None`. */
  evictionStrategy?: EvictionStrategy;
  /** Settings of virt-handler. */
  handlerConfiguration?: ReloadableComponentConfiguration;
  /**
   * Hypervisor that guests run on, at most one. Default: `kvm`.
   * @maxItems 1
   * @listType atomic
   */
  hypervisors?: HypervisorConfiguration[];
  /** When images of launcher pods are pulled. Default: that of the spec. */
  imagePullPolicy?: ImagePullPolicy;
  /**
   * What machines keep of their instance types.
   * @nullable
   */
  instancetype?: InstancetypeConfiguration;
  /** Nodes whose kernel merges equal memory pages. */
  ksmConfiguration?: KSMConfiguration;
  /** Room for hot plug of CPU and memory. */
  liveUpdateConfiguration?: LiveUpdateConfiguration;
  /** Machine type of guests that name none, on every architecture. Default: as `architectureConfiguration` says. */
  machineType?: string;
  /** Mediated devices that virt-handler makes on nodes. */
  mediatedDevicesConfiguration?: MediatedDevicesConfiguration;
  /** Seconds between two statistics of the memory balloon; 0 turns them off. Default: 10. */
  memBalloonStatsPeriod?: Int32;
  /** How live migrations run. */
  migrations?: MigrationConfiguration;
  /** Deprecated. Oldest CPU model that nodes are labelled with. */
  minCPUModel?: string;
  /** Networking of guests. */
  network?: NetworkConfiguration;
  /** CPU models that nodes are not labelled with; false takes one off our own list. */
  obsoleteCPUModels?: Record<string, boolean>;
  /** Directory of the UEFI images in the launcher image, on every architecture. */
  ovmfPath?: string;
  /** Host devices that guests may have. */
  permittedHostDevices?: PermittedHostDevices;
  /**
   * Whether guests may make SCSI persistent reservations.
   * @nullable
   */
  persistentReservationConfiguration?: PersistentReservationConfiguration;
  /**
   * `AggregateToDefault` folds our roles into Kubernetes' admin, edit and view; `Manual` leaves that to the
   * administrator. Default: `AggregateToDefault`.
   * @enforced
   */
  roleAggregationStrategy?: RoleAggregationStrategy;
  /** Seccomp profile of launcher pods. */
  seccompConfiguration?: SeccompConfiguration;
  /** SELinux type of launcher pods. Default: that of the container runtime. */
  selinuxLauncherType?: string;
  /** Text that guests read from the SMBIOS system table. */
  smbios?: SMBiosConfiguration;
  /**
   * CPU and memory of the containers beside the guest's.
   * @listType map
   * @listMapKeys type
   */
  supportContainerResources?: SupportContainerResources[];
  /** Versions of the guest agent that are supported; `*` stands for any text. Default: all. */
  supportedGuestAgentVersions?: string[];
  /** TLS of our servers. */
  tlsConfiguration?: TLSConfiguration;
  /**
   * Whether the API of machine templates is installed.
   * @nullable
   */
  virtTemplateDeployment?: VirtTemplateDeployment;
  /** Guests that a node can have devices for. Default: 110. */
  virtualMachineInstancesPerNode?: Integer;
  /** Features that no guest has. */
  virtualMachineOptions?: VirtualMachineOptions;
  /**
   * `LiveUpdate` applies changes of a machine's template to the running guest where that can be done, `Stage` waits for
   * its restart. Default: `LiveUpdate`.
   * @enforced
   * @nullable
   */
  vmRolloutStrategy?: VMRolloutStrategy;
  /** StorageClass of volumes with TPM and UEFI state. Default: the cluster's default class. */
  vmStateStorageClass?: string;
  /** Settings of the webhooks. */
  webhookConfiguration?: ReloadableComponentConfiguration;
}

/** The SMBIOS system table. */
export interface SMBiosConfiguration {
  /** Family of the product. Default: `KubeVirt`. */
  family?: string;
  /** Maker of the machine. Default: `KubeVirt`. */
  manufacturer?: string;
  /** Name of the product. Default: `None`. */
  product?: string;
  /** Stock keeping unit. Default: empty. */
  sku?: string;
  /** Version of the product. Default: empty. */
  version?: string;
}

/** Machine types by CPU architecture. */
export interface ArchConfiguration {
  /** x86-64. */
  amd64?: ArchSpecificConfiguration;
  /** 64-bit Arm. */
  arm64?: ArchSpecificConfiguration;
  /** Architecture of guests that name none. Default: that of the control plane. */
  defaultArchitecture?: string;
  /** Not supported. */
  ppc64le?: ArchSpecificConfiguration;
  /** IBM Z. */
  s390x?: ArchSpecificConfiguration;
}

/** Machine types of one architecture. */
export interface ArchSpecificConfiguration {
  /**
   * Machine types that guests may have; `*` stands for any text. Default: `q35*` and `pc-q35*` on amd64, `virt*` on
   * arm64, `s390-ccw-virtio*` on s390x.
   * @listType atomic
   */
  emulatedMachines?: string[];
  /** Machine type of guests that name none. Default: `q35`, `virt` or `s390-ccw-virtio`. */
  machineType?: string;
  /** Directory of the UEFI images in the launcher image. */
  ovmfPath?: string;
}

/** Room for hot plug. */
export interface LiveUpdateConfiguration {
  /** Sockets that every guest can be grown to. Default: as `maxHotplugRatio` says. */
  maxCpuSockets?: Int32;
  /** Memory that every guest can be grown to. Default: as `maxHotplugRatio` says. */
  maxGuest?: Quantity;
  /** How many times its first size a guest can be grown to. Default: 4. */
  maxHotplugRatio?: Int32;
}

/** CPU and memory of one type of container. */
export interface SupportContainerResources {
  /** Requests and limits; what is left out stays as it is. */
  resources: ResourceRequirementsWithoutClaims;
  /** Which container. */
  type: SupportContainerType;
}

/** Features that no guest has. */
export interface VirtualMachineOptions {
  /** Keeps guests from giving unused memory back to the node. */
  disableFreePageReporting?: EmptyObject;
  /** Keeps the serial console out of the log, unless a guest asks for it. */
  disableSerialConsoleLog?: EmptyObject;
}

/** Merging of equal memory pages by the kernel. */
export interface KSMConfiguration {
  /** Labels of the nodes that do it; empty means all. */
  nodeLabelSelector?: LabelSelector;
}

/** TLS of our servers. */
export interface TLSConfiguration {
  /**
   * Cipher suites up to TLS 1.2, by their names in the standard. Default: those of OpenSSL that are safe.
   * @listType set
   */
  ciphers?: string[];
  /**
   * Oldest version that is spoken. Default: `VersionTLS12`.
   * @enforced
   */
  minTLSVersion?: TLSProtocolVersion;
}

/** What machines keep of their instance types. */
export interface InstancetypeConfiguration {
  /**
   * `reference` keeps the reference, `expand` writes the instance type and preference into the machine, `expandAll`
   * does so for existing machines too. Default: `reference`.
   * @enforced
   * @nullable
   */
  referencePolicy?: InstancetypeReferencePolicy;
}

/** The common instance types and preferences. */
export interface CommonInstancetypesDeployment {
  /**
   * Whether they are installed. Default: true.
   * @nullable
   */
  enabled?: boolean;
}

/** The API of machine templates. */
export interface VirtTemplateDeployment {
  /**
   * Whether it is installed.
   * @nullable
   */
  enabled?: boolean;
}

/** The hypervisor that guests run on. */
export interface HypervisorConfiguration {
  /**
   * Name of the hypervisor. Default: `kvm`.
   * @enforced
   */
  name?: HypervisorName;
}

/** Machines whose changed blocks are tracked. */
export interface ChangedBlockTrackingSelectors {
  /** Labels of their namespace. */
  namespaceLabelSelector?: LabelSelector;
  /** Labels of the machine. */
  virtualMachineLabelSelector?: LabelSelector;
}

/** SCSI persistent reservations. */
export interface PersistentReservationConfiguration {
  /**
   * Whether guests may make them; it starts a helper on every node. Default: false.
   * @nullable
   */
  enabled?: boolean;
}
