/** Label keys of the API, on our objects, on launcher pods and on nodes. Keys that end in `/` are prefixes. */
export const labels = {
  /** On everything QuickVirt makes; on launcher pods with the value `virt-launcher`, on our own pods with their component. */
  app: 'kubevirt.io',
  /** UID of the VMI that a launcher pod runs. */
  createdBy: 'kubevirt.io/created-by',
  /** Node that a VMI runs on, on the VMI and its launcher pod. */
  nodeName: 'kubevirt.io/nodeName',
  /** Name of the VM, on its VMI and launcher pod. */
  vmName: 'vm.kubevirt.io/name',
  /** Name of the VMI, on launcher pods (shortened with a hash when it is longer than a label may be). */
  vmiId: 'vmi.kubevirt.io/id',
  /** Name of the VMI, on its migrations. */
  vmiName: 'kubevirt.io/vmi-name',
  /** UID of the migration, on target pods and on the VMI. */
  migrationJobUid: 'kubevirt.io/migrationJobUID',
  migrationJobName: 'kubevirt.io/migrationJobName',
  migrationTargetNodeName: 'kubevirt.io/migrationTargetNodeName',
  /** On migrations that an eviction started. */
  evacuationMigration: 'kubevirt.io/evacuationMigration',
  /** On migrations that the workload updater started. */
  workloadUpdateMigration: 'kubevirt.io/workloadUpdateMigration',
  volumeUpdateMigration: 'kubevirt.io/volume-update-migration',
  /** On a VMI whose launcher runs an older image than the one that is installed. */
  outdatedLauncherImage: 'kubevirt.io/outdatedLauncherImage',
  /** On a node: VMs may be placed here. */
  schedulable: 'kubevirt.io/schedulable',
  /** On a node: the kubelet's CPU manager is static. */
  cpuManager: 'kubevirt.io/cpumanager',
  /** On a node: the kernel is a real-time one. */
  realtime: 'kubevirt.io/realtime',
  sev: 'kubevirt.io/sev',
  sevEs: 'kubevirt.io/sev-es',
  sevSnp: 'kubevirt.io/sev-snp',
  tdx: 'kubevirt.io/tdx',
  secureExecution: 'kubevirt.io/s390-pv',
  ksmEnabled: 'kubevirt.io/ksm-enabled',
  cpuFeaturePrefix: 'cpu-feature.node.kubevirt.io/',
  cpuModelPrefix: 'cpu-model.node.kubevirt.io/',
  cpuModelMigrationPrefix: 'cpu-model-migration.node.kubevirt.io/',
  cpuTimerPrefix: 'cpu-timer.node.kubevirt.io/',
  cpuVendorPrefix: 'cpu-vendor.node.kubevirt.io/',
  hostModelCpuPrefix: 'host-model-cpu.node.kubevirt.io/',
  hostModelRequiredFeaturesPrefix: 'host-model-required-features.node.kubevirt.io/',
  hypervPrefix: 'hyperv.node.kubevirt.io/',
  machineTypePrefix: 'machine-type.node.kubevirt.io/',
  /** On a node: KVM of this architecture is there. */
  vmArchPrefix: 'kubevirt.io/vm-arch-',
  instancetypeName: 'kubevirt.io/instancetype-name',
  clusterInstancetypeName: 'kubevirt.io/cluster-instancetype-name',
  preferenceName: 'kubevirt.io/preference-name',
  clusterPreferenceName: 'kubevirt.io/cluster-preference-name',
  defaultInstancetype: 'instancetype.kubevirt.io/default-instancetype',
  defaultInstancetypeKind: 'instancetype.kubevirt.io/default-instancetype-kind',
  defaultPreference: 'instancetype.kubevirt.io/default-preference',
  defaultPreferenceKind: 'instancetype.kubevirt.io/default-preference-kind',
  instancetypeObjectGeneration: 'instancetype.kubevirt.io/object-generation',
  instancetypeObjectKind: 'instancetype.kubevirt.io/object-kind',
  instancetypeObjectName: 'instancetype.kubevirt.io/object-name',
  instancetypeObjectUid: 'instancetype.kubevirt.io/object-uid',
  instancetypeObjectVersion: 'instancetype.kubevirt.io/object-version',
  poolRevisionName: 'kubevirt.io/vm-pool-revision-name',
  ownerVmiName: 'kubevirt.io/owner-vmi-name',
  ownerVmiUid: 'kubevirt.io/owner-vmi-uid',
  /** On a node: leave out the node labeller. */
  nodeLabellerSkipNode: 'node-labeller.kubevirt.io/skip-node',
  nodeLabellerObsoleteHostModel: 'node-labeller.kubevirt.io/obsolete-host-model',
  /** On pods that our network policies let reach cluster services. */
  allowAccessClusterServices: 'np.kubevirt.io/allow-access-cluster-services',
} as const;
