/** `reason` of conditions, one object a condition. Clients match on these words. */
export const reasons = {
  /** VM `Ready=False`, and what it says when the VMI is there but has no Ready condition. */
  vmReady: { vmiNotExists: 'VMINotExists', vmiConditionMissing: 'VMIConditionMissing' },
  /** VMI `Ready=False`. */
  vmiReady: {
    podNotExists: 'PodNotExists',
    podTerminating: 'PodTerminating',
    podConditionMissing: 'PodConditionMissing',
    guestNotRunning: 'GuestNotRunning',
    /** Nobody hears of the node: the guest may run or not. */
    nodeUnresponsive: 'NodeUnresponsive',
  },
  /** VM `Failure=True`, VMI `Synchronized=False`. */
  synchronized: {
    failedCreate: 'FailedCreate',
    failedDelete: 'FailedDelete',
    failedUpdate: 'FailedUpdateError',
    firmwareUuid: 'FirmwareUUIDError',
    failedHandOver: 'FailedHandOver',
    failedPvcNotFound: 'FailedPvcNotFound',
    failedGuaranteeResources: 'FailedGuaranteeResources',
    errImagePull: 'ErrImagePull',
    imagePullBackOff: 'ImagePullBackOff',
    hotPlugVolume: 'HotPlugVolumeError',
    hotPlugCpu: 'HotPlugCPUError',
    hotPlugMemory: 'HotPlugMemoryError',
    hotPlugNetworkInterface: 'HotPlugNetworkInterfaceError',
    volumesUpdate: 'VolumesUpdateError',
    affinityChange: 'AffinityChangeError',
    tolerationsChange: 'TolerationsChangeError',
    annotationsLabelsChange: 'AnnotationsLabelsChangeError',
    /** Ours: the VMI asks for something that this release cannot serve yet; the message names the field. */
    featureNotAvailable: 'FeatureNotAvailable',
  },
  /** VMI `LiveMigratable=False`. */
  liveMigratable: {
    disks: 'DisksNotLiveMigratable',
    interfaces: 'InterfaceNotLiveMigratable',
    hotplug: 'HotplugNotLiveMigratable',
    cpuMode: 'CPUModeLiveMigratable',
    virtioFs: 'VirtIOFSNotLiveMigratable',
    hostDevices: 'HostDeviceNotLiveMigratable',
    sev: 'SEVNotLiveMigratable',
    tdx: 'TDXNotLiveMigratable',
    secureExecution: 'SecureExecutionNotLiveMigratable',
    noTscFrequency: 'NoTSCFrequencyNotLiveMigratable',
    hypervPassthrough: 'HypervPassthroughNotLiveMigratable',
    persistentReservation: 'PersistentReservationNotLiveMigratable',
    decentralized: 'DecentralizedNotLiveMigratable',
    notMigratable: 'NotMigratable',
  },
  /** VMI `Paused=True`. */
  paused: { byUser: 'PausedByUser', byMigrationMonitor: 'PausedByMigrationMonitor', ioError: 'PausedIOError' },
  /** VMI `DataVolumesReady`. */
  dataVolumesReady: { all: 'AllDVsReady', notAll: 'NotAllDVsReady' },
  /** VMI `MigrationRequired`. */
  migrationRequired: { liveUpdate: 'AutoMigrationDueToLiveUpdate', pending: 'AutoMigrationPending' },
} as const;
