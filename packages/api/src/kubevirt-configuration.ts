import type { ImagePullPolicy } from './core/references.ts';
import type { MediatedDevicesConfiguration, PermittedHostDevices } from './host-devices.ts';
import type { LabelSelector } from './meta.ts';
import type { MigrationConfiguration } from './migration-configuration.ts';
import type { EmptyObject, Int32, Int64, Integer, Quantity } from './scalars.ts';
import type { EvictionStrategy } from './vmi.ts';

export type DomainAttachmentType = 'tap' | 'managedTap';

export type HypervisorName = 'kvm' | 'hyperv-direct';

export type InstancetypeReferencePolicy = 'reference' | 'expand' | 'expandAll';

export type InterfaceBindingMigrationMethod = 'link-refresh';

export type NetworkBindingDownwardAPIType = 'device-info';

export type RoleAggregationStrategy = 'AggregateToDefault' | 'Manual';

export type SupportContainerType =
  'container-disk' | 'hotplug-disk' | 'virtiofs' | 'sidecar' | 'vmexport' | 'guest-console-log';

export type TLSProtocolVersion = 'VersionTLS10' | 'VersionTLS11' | 'VersionTLS12' | 'VersionTLS13';

export type VMRolloutStrategy = 'Stage' | 'LiveUpdate';

export interface KubeVirtConfiguration {
  additionalGuestMemoryOverheadRatio?: string;
  apiConfiguration?: ReloadableComponentConfiguration;
  architectureConfiguration?: ArchConfiguration;
  autoCPULimitNamespaceLabelSelector?: LabelSelector;
  /** @nullable */
  changedBlockTrackingLabelSelectors?: ChangedBlockTrackingSelectors;
  /** @nullable */
  commonInstancetypesDeployment?: CommonInstancetypesDeployment;
  /** @nullable */
  confidentialCompute?: ConfidentialComputeConfiguration;
  controllerConfiguration?: ReloadableComponentConfiguration;
  cpuModel?: string;
  cpuRequest?: Quantity;
  defaultRuntimeClass?: string;
  developerConfiguration?: DeveloperConfiguration;
  emulatedMachines?: string[];
  evictionStrategy?: EvictionStrategy;
  handlerConfiguration?: ReloadableComponentConfiguration;
  /**
   * @maxItems 1
   * @listType atomic
   */
  hypervisors?: HypervisorConfiguration[];
  imagePullPolicy?: ImagePullPolicy;
  /** @nullable */
  instancetype?: InstancetypeConfiguration;
  ksmConfiguration?: KSMConfiguration;
  liveUpdateConfiguration?: LiveUpdateConfiguration;
  machineType?: string;
  mediatedDevicesConfiguration?: MediatedDevicesConfiguration;
  memBalloonStatsPeriod?: Int32;
  migrations?: MigrationConfiguration;
  minCPUModel?: string;
  network?: NetworkConfiguration;
  obsoleteCPUModels?: Record<string, boolean>;
  ovmfPath?: string;
  permittedHostDevices?: PermittedHostDevices;
  /** @nullable */
  persistentReservationConfiguration?: PersistentReservationConfiguration;
  /** @enforced */
  roleAggregationStrategy?: RoleAggregationStrategy;
  seccompConfiguration?: SeccompConfiguration;
  selinuxLauncherType?: string;
  smbios?: SMBiosConfiguration;
  /**
   * @listType map
   * @listMapKeys type
   */
  supportContainerResources?: SupportContainerResources[];
  supportedGuestAgentVersions?: string[];
  tlsConfiguration?: TLSConfiguration;
  /** @nullable */
  virtTemplateDeployment?: VirtTemplateDeployment;
  virtualMachineInstancesPerNode?: Integer;
  virtualMachineOptions?: VirtualMachineOptions;
  /**
   * @enforced
   * @nullable
   */
  vmRolloutStrategy?: VMRolloutStrategy;
  vmStateStorageClass?: string;
  webhookConfiguration?: ReloadableComponentConfiguration;
}

export interface DeveloperConfiguration {
  clusterProfiler?: boolean;
  cpuAllocationRatio?: Integer;
  /** @listType atomic */
  disabledFeatureGates?: string[];
  diskVerification?: DiskVerification;
  /** @listType atomic */
  featureGates?: string[];
  logVerbosity?: LogVerbosity;
  /** @minimum 10 */
  memoryOvercommit?: Integer;
  minimumClusterTSCFrequency?: Int64;
  minimumReservePVCBytes?: Int64;
  nodeSelectors?: Record<string, string>;
  pvcTolerateLessSpaceUpToPercent?: Integer;
  useEmulation?: boolean;
}

export interface DiskVerification {
  memoryLimit: Quantity;
}

export interface LogVerbosity {
  nodeVerbosity?: Record<string, Integer>;
  virtAPI?: Integer;
  virtController?: Integer;
  virtHandler?: Integer;
  virtLauncher?: Integer;
  virtOperator?: Integer;
  virtSynchronizationController?: Integer;
}

export interface NetworkConfiguration {
  binding?: Record<string, InterfaceBindingPlugin>;
  defaultNetworkInterface?: string;
  permitBridgeInterfaceOnPodNetwork?: boolean;
  permitSlirpInterface?: boolean;
}

export interface InterfaceBindingPlugin {
  computeResourceOverhead?: ResourceRequirementsWithoutClaims;
  domainAttachmentType?: DomainAttachmentType;
  downwardAPI?: NetworkBindingDownwardAPIType;
  migration?: InterfaceBindingMigration;
  networkAttachmentDefinition?: string;
  sidecarImage?: string;
}

export interface InterfaceBindingMigration {
  method?: InterfaceBindingMigrationMethod;
}

export interface ResourceRequirementsWithoutClaims {
  limits?: Record<string, Quantity>;
  requests?: Record<string, Quantity>;
}

export interface SMBiosConfiguration {
  family?: string;
  manufacturer?: string;
  product?: string;
  sku?: string;
  version?: string;
}

export interface ArchConfiguration {
  amd64?: ArchSpecificConfiguration;
  arm64?: ArchSpecificConfiguration;
  defaultArchitecture?: string;
  ppc64le?: ArchSpecificConfiguration;
  s390x?: ArchSpecificConfiguration;
}

export interface ArchSpecificConfiguration {
  /** @listType atomic */
  emulatedMachines?: string[];
  machineType?: string;
  ovmfPath?: string;
}

export interface LiveUpdateConfiguration {
  maxCpuSockets?: Int32;
  maxGuest?: Quantity;
  maxHotplugRatio?: Int32;
}

export interface SupportContainerResources {
  resources: ResourceRequirementsWithoutClaims;
  type: SupportContainerType;
}

export interface VirtualMachineOptions {
  disableFreePageReporting?: EmptyObject;
  disableSerialConsoleLog?: EmptyObject;
}

export interface KSMConfiguration {
  nodeLabelSelector?: LabelSelector;
}

export interface SeccompConfiguration {
  virtualMachineInstanceProfile?: VirtualMachineInstanceProfile;
}

export interface VirtualMachineInstanceProfile {
  customProfile?: CustomProfile;
}

export interface CustomProfile {
  localhostProfile?: string;
  runtimeDefaultProfile?: boolean;
}

export interface TLSConfiguration {
  /** @listType set */
  ciphers?: string[];
  /** @enforced */
  minTLSVersion?: TLSProtocolVersion;
}

export interface InstancetypeConfiguration {
  /**
   * @enforced
   * @nullable
   */
  referencePolicy?: InstancetypeReferencePolicy;
}

export interface CommonInstancetypesDeployment {
  /** @nullable */
  enabled?: boolean;
}

export interface VirtTemplateDeployment {
  /** @nullable */
  enabled?: boolean;
}

export interface HypervisorConfiguration {
  /** @enforced */
  name?: HypervisorName;
}

export interface ConfidentialComputeConfiguration {
  /** @nullable */
  tdx?: TDXConfiguration;
}

export interface TDXConfiguration {
  attestation?: TDXAttestationConfiguration;
}

export interface TDXAttestationConfiguration {
  enforced?: boolean;
  /** @default "/var/run/tdx-qgs/qgs.socket" */
  qgsSocketPath?: string;
}

export interface ChangedBlockTrackingSelectors {
  namespaceLabelSelector?: LabelSelector;
  virtualMachineLabelSelector?: LabelSelector;
}

export interface PersistentReservationConfiguration {
  /** @nullable */
  enabled?: boolean;
}

export interface ReloadableComponentConfiguration {
  restClient?: RESTClientConfiguration;
}

export interface RESTClientConfiguration {
  rateLimiter?: RateLimiter;
}

export interface RateLimiter {
  tokenBucketRateLimiter?: TokenBucketRateLimiter;
}

export interface TokenBucketRateLimiter {
  burst: Integer;
  qps: number;
}
