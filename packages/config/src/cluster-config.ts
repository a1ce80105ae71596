import {
  annotations,
  type ChangedBlockTrackingSelectors,
  type EvictionStrategy,
  type ImagePullPolicy,
  type InstancetypeReferencePolicy,
  type InterfaceBindingPlugin,
  type KSMConfiguration,
  type KubeVirt,
  type KubeVirtConfiguration,
  type LabelSelector,
  type LocalObjectReference,
  type MediatedDevicesConfiguration,
  type PermittedHostDevices,
  type RoleAggregationStrategy,
  type SeccompConfiguration,
  type SMBiosConfiguration,
  type SupportContainerType,
  type TLSProtocolVersion,
  type VMRolloutStrategy,
  type WorkloadUpdateMethod,
} from '@quickvirt/api';
import { type CertificateLifetimes, certificateLifetimesFrom } from './certificates.ts';
import { type ClientLimits, clientLimitsFrom } from './client-limits.ts';
import {
  type Architecture,
  architectureDefaults,
  type ContainerResources,
  obsoleteCpuModels,
  supportContainerDefaults,
} from './defaults.ts';
import { type DeveloperConfig, developerConfigFrom } from './developer.ts';
import { enabledFeatureGates, type FeatureGate } from './feature-gates.ts';
import { type MigrationConfig, migrationConfigFrom } from './migrations.ts';
import { type QatConfig, qatConfigFrom } from './qat.ts';
import { bytesOr, deepFreeze, durationMsOr, ratioOr } from './read-values.ts';

/** Machines of one architecture. */
export interface ArchitectureConfig {
  /** Machine type of VMs that name none. */
  readonly machineType: string;
  /** Machine types that VMs may name; `*` stands for any text. */
  readonly emulatedMachines: readonly string[];
  /** CPU model of VMs that name none. */
  readonly cpuModel: string;
  /** Directory of the UEFI images in the launcher image. */
  readonly ovmfPath: string;
}

/**
 * The settings of the cluster with every default filled in: what the KubeVirt CR says, and what holds where it says
 * nothing. Plain, frozen data. Units are in the names.
 */
export interface ClusterConfig {
  /** `metadata.resourceVersion` of the CR this was made from; empty when there is none. */
  readonly resourceVersion: string;
  /** Namespace that QuickVirt is installed in: that of the CR. */
  readonly namespace: string;
  readonly defaultArchitecture: Architecture;
  readonly featureGates: readonly FeatureGate[];
  readonly developer: DeveloperConfig;
  readonly architectures: Readonly<Record<Architecture, ArchitectureConfig>>;
  /** CPU model that the CR sets for all VMs that name none; undefined when it sets none. */
  readonly cpuModel?: string;
  /** CPU request of launcher pods whose VM asks for none. */
  readonly cpuRequest: string;
  readonly evictionStrategy: EvictionStrategy;
  readonly imagePullPolicy: ImagePullPolicy;
  readonly imagePullSecrets: readonly LocalObjectReference[];
  /** Multiplies the memory that a launcher pod gets beyond the guest's. */
  readonly additionalGuestMemoryOverheadRatio: number;
  /** Seconds between two balloon statistics; 0 turns them off. */
  readonly memBalloonStatsPeriodSeconds: number;
  readonly network: NetworkConfig;
  readonly migrations: MigrationConfig;
  readonly liveUpdate: {
    readonly maxHotplugRatio: number;
    readonly maxCpuSockets?: number;
    readonly maxGuestBytes?: number;
  };
  readonly vmRolloutStrategy: VMRolloutStrategy;
  readonly smbios: Readonly<Required<SMBiosConfiguration>>;
  readonly supportContainers: Readonly<Record<SupportContainerType, ContainerResources>>;
  readonly disableFreePageReporting: boolean;
  readonly disableSerialConsoleLog: boolean;
  readonly permittedHostDevices: Readonly<Required<Omit<PermittedHostDevices, 'qat'>>>;
  readonly qat: QatConfig;
  readonly mediatedDevices: MediatedDevicesConfiguration;
  readonly obsoleteCpuModels: readonly string[];
  readonly minCpuModel?: string;
  readonly defaultRuntimeClass?: string;
  readonly selinuxLauncherType?: string;
  readonly seccomp?: SeccompConfiguration;
  readonly autoCpuLimitNamespaceLabelSelector?: LabelSelector;
  readonly ksm?: KSMConfiguration;
  /** How many VMs' worth of devices a node offers at most. */
  readonly virtualMachineInstancesPerNode: number;
  readonly supportedGuestAgentVersions: readonly string[];
  /** StorageClass of volumes that hold TPM and UEFI state; undefined means the cluster's default. */
  readonly vmStateStorageClass?: string;
  readonly persistentReservation: boolean;
  readonly instancetypeReferencePolicy: InstancetypeReferencePolicy;
  readonly commonInstancetypes: boolean;
  readonly hypervisor: string;
  readonly tdx: { readonly attestationEnforced: boolean; readonly qgsSocketPath: string };
  readonly changedBlockTrackingSelectors?: ChangedBlockTrackingSelectors;
  readonly roleAggregationStrategy: RoleAggregationStrategy;
  readonly tls: { readonly minVersion: TLSProtocolVersion; readonly ciphers: readonly string[] };
  readonly clientLimits: ClientLimits;
  readonly certificates: CertificateLifetimes;
  readonly workloadUpdates: {
    readonly methods: readonly WorkloadUpdateMethod[];
    readonly batchEvictionSize: number;
    readonly batchEvictionIntervalMs: number;
  };
  readonly blockUninstallIfWorkloadsExist: boolean;
  /** Isolated emulator threads get two CPUs where one would make the total odd, so that SMT siblings stay together. */
  readonly emulatorThreadCompleteToEvenParity: boolean;
}

/** Networking of VMs that say nothing of it, and the binding plugins of the cluster. */
export interface NetworkConfig {
  readonly defaultNetworkInterface: string;
  readonly permitBridgeInterfaceOnPodNetwork: boolean;
  readonly bindings: Readonly<Record<string, InterfaceBindingPlugin>>;
}

/**
 * The effective settings. Never throws: a value of the CR that cannot be read counts as not set.
 * Source of the defaults: kubevirt-behaviour.md section 13.
 */
export function clusterConfigFrom(kubevirt: KubeVirt | undefined): ClusterConfig {
  const spec = kubevirt?.spec ?? {};
  const configuration = spec.configuration ?? {};
  const developer = configuration.developerConfiguration ?? {};
  const updates = spec.workloadUpdateStrategy ?? {};
  return deepFreeze<ClusterConfig>({
    ...structuredConfigOf(configuration),
    resourceVersion: kubevirt?.metadata.resourceVersion ?? '',
    namespace: kubevirt?.metadata.namespace ?? 'quickvirt',
    defaultArchitecture: defaultArchitectureFrom(kubevirt, configuration),
    featureGates: enabledFeatureGates(developer.featureGates, developer.disabledFeatureGates),
    developer: developerConfigFrom(developer),
    migrations: migrationConfigFrom(configuration.migrations ?? {}),
    clientLimits: clientLimitsFrom(configuration),
    certificates: certificateLifetimesFrom(spec.certificateRotateStrategy?.selfSigned ?? {}),
    imagePullPolicy: configuration.imagePullPolicy ?? spec.imagePullPolicy ?? 'IfNotPresent',
    imagePullSecrets: structuredClone(spec.imagePullSecrets ?? []),
    workloadUpdates: {
      methods: [...(updates.workloadUpdateMethods ?? [])],
      batchEvictionSize: updates.batchEvictionSize ?? 10,
      batchEvictionIntervalMs: durationMsOr(updates.batchEvictionInterval, 60_000),
    },
    blockUninstallIfWorkloadsExist: spec.uninstallStrategy === 'BlockUninstallIfWorkloadsExist',
    emulatorThreadCompleteToEvenParity:
      kubevirt?.metadata.annotations?.[annotations.emulatorThreadCompleteToEvenParity] !== undefined,
  });
}

/** Whether a feature gate is on. */
export function featureGateEnabled(config: Pick<ClusterConfig, 'featureGates'>, gate: FeatureGate): boolean {
  return config.featureGates.includes(gate);
}

type FromConfiguration = Omit<
  ClusterConfig,
  | 'resourceVersion'
  | 'namespace'
  | 'defaultArchitecture'
  | 'featureGates'
  | 'developer'
  | 'migrations'
  | 'clientLimits'
  | 'certificates'
  | 'imagePullPolicy'
  | 'imagePullSecrets'
  | 'workloadUpdates'
  | 'blockUninstallIfWorkloadsExist'
  | 'emulatorThreadCompleteToEvenParity'
>;

function structuredConfigOf(configuration: KubeVirtConfiguration): FromConfiguration {
  return {
    ...guestConfigOf(configuration),
    ...podConfigOf(configuration),
    network: {
      defaultNetworkInterface: configuration.network?.defaultNetworkInterface || 'bridge',
      permitBridgeInterfaceOnPodNetwork: configuration.network?.permitBridgeInterfaceOnPodNetwork ?? true,
      bindings: structuredClone(configuration.network?.binding ?? {}),
    },
    vmRolloutStrategy: configuration.vmRolloutStrategy ?? 'LiveUpdate',
    persistentReservation: configuration.persistentReservationConfiguration?.enabled ?? false,
    instancetypeReferencePolicy: configuration.instancetype?.referencePolicy ?? 'reference',
    commonInstancetypes: configuration.commonInstancetypesDeployment?.enabled ?? true,
    hypervisor: configuration.hypervisors?.[0]?.name ?? 'kvm',
    changedBlockTrackingSelectors: structuredClone(configuration.changedBlockTrackingLabelSelectors),
    roleAggregationStrategy: configuration.roleAggregationStrategy ?? 'AggregateToDefault',
    tls: {
      minVersion: configuration.tlsConfiguration?.minTLSVersion ?? 'VersionTLS12',
      ciphers: [...(configuration.tlsConfiguration?.ciphers ?? [])],
    },
  };
}

type GuestConfig = Pick<
  ClusterConfig,
  | 'architectures'
  | 'cpuModel'
  | 'minCpuModel'
  | 'obsoleteCpuModels'
  | 'evictionStrategy'
  | 'memBalloonStatsPeriodSeconds'
  | 'liveUpdate'
  | 'smbios'
  | 'disableFreePageReporting'
  | 'disableSerialConsoleLog'
  | 'supportedGuestAgentVersions'
  | 'vmStateStorageClass'
  | 'tdx'
>;

function guestConfigOf(configuration: KubeVirtConfiguration): GuestConfig {
  const liveUpdate = configuration.liveUpdateConfiguration ?? {};
  const attestation = configuration.confidentialCompute?.tdx?.attestation;
  return {
    architectures: {
      amd64: architectureConfigFrom('amd64', configuration),
      arm64: architectureConfigFrom('arm64', configuration),
      s390x: architectureConfigFrom('s390x', configuration),
    },
    cpuModel: configuration.cpuModel || undefined,
    minCpuModel: configuration.minCPUModel || undefined,
    obsoleteCpuModels: obsoleteCpuModelsFrom(configuration.obsoleteCPUModels),
    evictionStrategy: configuration.evictionStrategy ?? 'None',
    memBalloonStatsPeriodSeconds: configuration.memBalloonStatsPeriod ?? 10,
    liveUpdate: {
      maxHotplugRatio: liveUpdate.maxHotplugRatio || 4,
      maxCpuSockets: liveUpdate.maxCpuSockets,
      maxGuestBytes: liveUpdate.maxGuest === undefined ? undefined : bytesOr(liveUpdate.maxGuest, 0) || undefined,
    },
    smbios: {
      family: configuration.smbios?.family ?? 'KubeVirt',
      manufacturer: configuration.smbios?.manufacturer ?? 'KubeVirt',
      product: configuration.smbios?.product ?? 'None',
      sku: configuration.smbios?.sku ?? '',
      version: configuration.smbios?.version ?? '',
    },
    disableFreePageReporting: configuration.virtualMachineOptions?.disableFreePageReporting !== undefined,
    disableSerialConsoleLog: configuration.virtualMachineOptions?.disableSerialConsoleLog !== undefined,
    supportedGuestAgentVersions: [...(configuration.supportedGuestAgentVersions ?? [])],
    vmStateStorageClass: configuration.vmStateStorageClass || undefined,
    tdx: {
      attestationEnforced: attestation?.enforced ?? false,
      qgsSocketPath: attestation?.qgsSocketPath ?? '/var/run/tdx-qgs/qgs.socket',
    },
  };
}

type PodConfig = Pick<
  ClusterConfig,
  | 'cpuRequest'
  | 'additionalGuestMemoryOverheadRatio'
  | 'supportContainers'
  | 'permittedHostDevices'
  | 'qat'
  | 'mediatedDevices'
  | 'defaultRuntimeClass'
  | 'selinuxLauncherType'
  | 'seccomp'
  | 'autoCpuLimitNamespaceLabelSelector'
  | 'ksm'
  | 'virtualMachineInstancesPerNode'
>;

function podConfigOf(configuration: KubeVirtConfiguration): PodConfig {
  const devices = structuredClone(configuration.permittedHostDevices ?? {});
  return {
    cpuRequest: String(configuration.cpuRequest ?? '100m'),
    additionalGuestMemoryOverheadRatio: ratioOr(configuration.additionalGuestMemoryOverheadRatio, 1),
    supportContainers: supportContainersFrom(configuration.supportContainerResources ?? []),
    permittedHostDevices: {
      pciHostDevices: devices.pciHostDevices ?? [],
      mediatedDevices: devices.mediatedDevices ?? [],
      usb: devices.usb ?? [],
    },
    qat: qatConfigFrom(devices.qat ?? {}),
    mediatedDevices: structuredClone(configuration.mediatedDevicesConfiguration ?? {}),
    defaultRuntimeClass: configuration.defaultRuntimeClass || undefined,
    selinuxLauncherType: configuration.selinuxLauncherType || undefined,
    seccomp: structuredClone(configuration.seccompConfiguration),
    autoCpuLimitNamespaceLabelSelector: structuredClone(configuration.autoCPULimitNamespaceLabelSelector),
    ksm: structuredClone(configuration.ksmConfiguration),
    virtualMachineInstancesPerNode: configuration.virtualMachineInstancesPerNode ?? 110,
  };
}

function architectureConfigFrom(architecture: Architecture, configuration: KubeVirtConfiguration): ArchitectureConfig {
  const defaults = architectureDefaults[architecture];
  const own = configuration.architectureConfiguration?.[architecture] ?? {};
  return {
    machineType: configuration.machineType || own.machineType || defaults.machineType,
    emulatedMachines: [...(configuration.emulatedMachines ?? own.emulatedMachines ?? defaults.emulatedMachines)],
    cpuModel: configuration.cpuModel || defaults.cpuModel,
    ovmfPath: configuration.ovmfPath || own.ovmfPath || defaults.ovmfPath,
  };
}

function defaultArchitectureFrom(kubevirt: KubeVirt | undefined, configuration: KubeVirtConfiguration): Architecture {
  const wanted =
    configuration.architectureConfiguration?.defaultArchitecture || kubevirt?.status?.defaultArchitecture || 'amd64';
  return wanted in architectureDefaults ? (wanted as Architecture) : 'amd64';
}

/** The CR adds models with `true` and takes ours off with `false`. */
function obsoleteCpuModelsFrom(changes: Record<string, boolean> = {}): string[] {
  const models = new Set(obsoleteCpuModels);
  for (const [model, obsolete] of Object.entries(changes)) {
    if (obsolete) {
      models.add(model);
    } else {
      models.delete(model);
    }
  }
  return [...models].toSorted();
}

function supportContainersFrom(
  configured: NonNullable<KubeVirtConfiguration['supportContainerResources']>,
): Record<SupportContainerType, ContainerResources> {
  const containers: Record<SupportContainerType, ContainerResources> = structuredClone(supportContainerDefaults);
  for (const { type, resources } of configured) {
    const defaults = containers[type] ?? { requests: {}, limits: {} };
    containers[type] = {
      requests: { ...defaults.requests, ...quantityTexts(resources.requests) },
      limits: { ...defaults.limits, ...quantityTexts(resources.limits) },
    };
  }
  return containers;
}

function quantityTexts(quantities: Record<string, string | number> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, String(quantity)]));
}
