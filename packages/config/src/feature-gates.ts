/** How mature a feature gate is, which decides what it does when the KubeVirt CR says nothing of it. */
export type FeatureGateStage = 'Alpha' | 'Beta' | 'GA' | 'Deprecated' | 'Discontinued';

/**
 * Every feature gate of the API and its stage. GA gates are on for good; Beta ones are on unless disabled; Alpha and
 * Deprecated ones are off unless enabled; Discontinued ones are off for good.
 */
export const featureGateStages = {
  AlignCPUs: 'Alpha',
  AutoResourceLimitsGate: 'GA',
  BochsDisplayForEFIGuests: 'GA',
  CPUManager: 'Alpha',
  CPUNodeDiscovery: 'GA',
  ClusterProfiler: 'GA',
  CommonInstancetypesDeploymentGate: 'GA',
  ConfigurableHypervisor: 'Alpha',
  ContainerPathVolumes: 'Alpha',
  CrossArchitectureVirtualization: 'Alpha',
  DecentralizedLiveMigration: 'Beta',
  DeclarativeHotplugVolumes: 'Beta',
  DisableCustomSELinuxPolicy: 'GA',
  DisableMDEVConfiguration: 'Deprecated',
  DockerSELinuxMCSWorkaround: 'Deprecated',
  DownwardMetrics: 'Alpha',
  DynamicPodInterfaceNaming: 'GA',
  EnableVirtioFsConfigVolumes: 'GA',
  EnableVirtioFsStorageVolumes: 'Alpha',
  ExpandDisks: 'GA',
  ExperimentalIgnitionSupport: 'Alpha',
  ExperimentalVirtiofsSupport: 'Discontinued',
  ExternalNetResourceInjection: 'Beta',
  FirmwareAutoSelection: 'Alpha',
  GPU: 'GA',
  GPUsWithDRA: 'Beta',
  GraceIOVirtualization: 'Alpha',
  HostDevices: 'Alpha',
  HostDevicesWithDRA: 'Beta',
  HostDisk: 'Alpha',
  HotplugNICs: 'GA',
  HotplugVolumes: 'Deprecated',
  HypervStrictCheck: 'Alpha',
  IOMMUFD: 'Alpha',
  ImageVolume: 'Beta',
  IncrementalBackup: 'Alpha',
  InstancetypeReferencePolicy: 'GA',
  KubevirtSeccompProfile: 'Beta',
  LibvirtHooksServerAndClient: 'GA',
  LiveMigration: 'GA',
  LiveUpdateNADRef: 'GA',
  Macvtap: 'Discontinued',
  MigrationDowntimeTuning: 'Alpha',
  MigrationPriorityQueue: 'GA',
  MigrationStallDetection: 'Alpha',
  MultiArchitecture: 'Deprecated',
  NUMA: 'GA',
  NetworkBindingPlugins: 'GA',
  NetworkDevicesWithDRA: 'Alpha',
  NodeRestriction: 'Beta',
  NonRoot: 'GA',
  OCIExport: 'Alpha',
  ObjectGraph: 'Alpha',
  OptOutRoleAggregation: 'Beta',
  PCINUMAAwareTopology: 'Alpha',
  PSA: 'GA',
  PanicDevices: 'GA',
  Passt: 'Discontinued',
  PasstBinding: 'Beta',
  PasstIPStackMigration: 'Discontinued',
  PersistentReservation: 'GA',
  Plugins: 'Alpha',
  PodSecondaryInterfaceNamingUpgrade: 'Beta',
  PortRangesSpec: 'Alpha',
  RebootPolicy: 'Beta',
  ReservedOverheadMemlock: 'Alpha',
  Root: 'Alpha',
  SRIOVLiveMigration: 'GA',
  SecureExecution: 'GA',
  Sidecar: 'Alpha',
  Snapshot: 'Beta',
  Template: 'Beta',
  UtilityVolumes: 'Alpha',
  VGPULiveMigration: 'Alpha',
  VMExport: 'GA',
  VMLiveUpdateFeatures: 'GA',
  VMPersistentState: 'GA',
  VMStatsCollector: 'Alpha',
  VSOCK: 'Alpha',
  VideoConfig: 'GA',
  VmiMemoryOverheadReport: 'GA',
  VolumeMigration: 'GA',
  VolumesUpdateStrategy: 'GA',
  WorkloadEncryptionSEV: 'Beta',
  WorkloadEncryptionTDX: 'Alpha',
} as const satisfies Record<string, FeatureGateStage>;

/** Name of a known feature gate. */
export type FeatureGate = keyof typeof featureGateStages;

/**
 * The gates that are on, sorted. GA wins over an explicit enable, that over an explicit disable, that over the Beta
 * default. Names that are not known are left out, so that a CR of another release never fails.
 */
export function enabledFeatureGates(
  enabled: readonly string[] = [],
  disabled: readonly string[] = [],
): readonly FeatureGate[] {
  const isOn = (gate: FeatureGate): boolean => {
    const stage: FeatureGateStage = featureGateStages[gate];
    if (stage === 'GA' || stage === 'Discontinued') {
      return stage === 'GA';
    }
    return enabled.includes(gate) || (stage === 'Beta' && !disabled.includes(gate));
  };
  return (Object.keys(featureGateStages) as FeatureGate[]).filter(isOn).toSorted();
}
