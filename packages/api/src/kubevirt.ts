import type { Condition } from './conditions.ts';
import type { ImagePullPolicy, LocalObjectReference } from './core/references.ts';
import type { Affinity, Toleration } from './core/scheduling.ts';
import type { KubeVirtConfiguration } from './kubevirt-configuration.ts';
import type { ObjectMeta } from './meta.ts';
import type { KubeVirtPhase } from './phases.ts';
import type { Duration, Int64, Integer } from './scalars.ts';

export type KubeVirtUninstallStrategy = 'RemoveWorkloads' | 'BlockUninstallIfWorkloadsExist';

export type PatchType = 'json' | 'merge' | 'strategic';

export type WorkloadUpdateMethod = 'LiveMigrate' | 'Evict';

export interface KubeVirt {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: KubeVirtSpec;
  status?: KubeVirtStatus;
}

export interface KubeVirtSpec {
  certificateRotateStrategy?: KubeVirtCertificateRotateStrategy;
  configuration?: KubeVirtConfiguration;
  customizeComponents?: CustomizeComponents;
  imagePullPolicy?: ImagePullPolicy;
  /** @listType atomic */
  imagePullSecrets?: LocalObjectReference[];
  imageRegistry?: string;
  imageTag?: string;
  infra?: ComponentConfig;
  monitorAccount?: string;
  monitorNamespace?: string;
  productComponent?: string;
  productName?: string;
  productVersion?: string;
  serviceMonitorNamespace?: string;
  synchronizationPort?: string;
  uninstallStrategy?: KubeVirtUninstallStrategy;
  workloadUpdateStrategy?: KubeVirtWorkloadUpdateStrategy;
  workloads?: ComponentConfig;
}

export interface KubeVirtStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  defaultArchitecture?: string;
  /** @listType atomic */
  generations?: GenerationStatus[];
  observedDeploymentConfig?: string;
  observedDeploymentID?: string;
  observedGeneration?: Int64;
  observedKubeVirtRegistry?: string;
  observedKubeVirtVersion?: string;
  operatorVersion?: string;
  outdatedVirtualMachineInstanceWorkloads?: Integer;
  phase?: KubeVirtPhase;
  /** @listType atomic */
  synchronizationAddresses?: string[];
  targetDeploymentConfig?: string;
  targetDeploymentID?: string;
  targetKubeVirtRegistry?: string;
  targetKubeVirtVersion?: string;
}

export interface GenerationStatus {
  group: string;
  hash?: string;
  lastGeneration: Int64;
  name: string;
  namespace?: string;
  resource: string;
}

export interface ComponentConfig {
  nodePlacement?: NodePlacement;
  replicas?: Integer;
}

export interface NodePlacement {
  affinity?: Affinity;
  nodeSelector?: Record<string, string>;
  tolerations?: Toleration[];
}

export interface CustomizeComponents {
  flags?: ComponentFlags;
  /** @listType atomic */
  patches?: CustomizeComponentsPatch[];
}

export interface CustomizeComponentsPatch {
  patch: string;
  /** @minLength 1 */
  resourceName: string;
  /** @minLength 1 */
  resourceType: string;
  type: PatchType;
}

export interface ComponentFlags {
  api?: Record<string, string>;
  controller?: Record<string, string>;
  handler?: Record<string, string>;
}

export interface KubeVirtWorkloadUpdateStrategy {
  batchEvictionInterval?: Duration;
  batchEvictionSize?: Integer;
  /** @listType atomic */
  workloadUpdateMethods?: WorkloadUpdateMethod[];
}

export interface KubeVirtCertificateRotateStrategy {
  selfSigned?: KubeVirtSelfSignConfiguration;
}

export interface KubeVirtSelfSignConfiguration {
  ca?: CertConfig;
  caOverlapInterval?: Duration;
  caRotateInterval?: Duration;
  certRotateInterval?: Duration;
  server?: CertConfig;
}

export interface CertConfig {
  duration?: Duration;
  renewBefore?: Duration;
}
