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
  /** NetworkAttachmentDefinitions that the VMI's networks name, by `namespace/name`. */
  networkAttachments?: Readonly<Record<string, { annotations?: Record<string, string> }>>;
}
