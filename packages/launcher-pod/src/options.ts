import type { PersistentVolumeClaimSpec } from '@quickvirt/api';

/** What rendering a pod needs beyond the VMI and the cluster's configuration. */
export interface RenderOptions {
  /** Image of virt-launcher. */
  launcherImage: string;
  /** PersistentVolumeClaims of the VMI's namespace that its volumes name, by name. DataVolumes have the claim's name. */
  claims?: Readonly<Record<string, { spec?: PersistentVolumeClaimSpec }>>;
  /** Labels of the VMI's namespace, for settings that apply to some namespaces only. */
  namespaceLabels?: Readonly<Record<string, string>>;
  /** True when a ResourceQuota of the namespace limits memory: then a pod without a memory limit is refused. */
  memoryQuota?: boolean;
  /** True when a ResourceQuota of the namespace limits CPU: then a pod without a CPU limit is refused. */
  cpuQuota?: boolean;
  /** Name of the claim that holds TPM and UEFI state; needed by VMIs that keep such state. */
  stateClaim?: string;
  /** True when emulator threads get two CPUs where one would make the total odd: SMT siblings stay together. */
  evenEmulatorCpus?: boolean;
  /** NetworkAttachmentDefinitions that the VMI's networks name, by `namespace/name`. */
  networkAttachments?: Readonly<Record<string, { annotations?: Record<string, string> }>>;
  /**
   * Adds the readiness gate by which a paused guest's pod leaves its services. The caller must then set the pod's
   * condition of that name, or the pod never becomes ready.
   */
  unpausedGate?: boolean;
  /** Pod security beyond KubeVirt's pods. Absent: all of it. */
  hardening?: Hardening;
}

/** What makes our pods pass Pod Security `restricted`, and more. */
export interface Hardening {
  /** seccomp profile RuntimeDefault where the KubeVirt CR sets none. */
  seccompRuntimeDefault: boolean;
  /** The launcher writes to its volumes only. */
  readOnlyRootFilesystem: boolean;
  /** No token and no service variables in attachment pods, which talk to nobody. Launcher pods have none anyway. */
  noServiceAccountToken: boolean;
}

/** What every pod gets unless the caller says otherwise. */
export const defaultHardening: Hardening = {
  seccompRuntimeDefault: true,
  readOnlyRootFilesystem: true,
  noServiceAccountToken: true,
};
