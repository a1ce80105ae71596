import type { Condition } from './conditions.ts';
import type { ImagePullPolicy, LocalObjectReference } from './core/references.ts';
import type { Affinity, Toleration } from './core/scheduling.ts';
import type { KubeVirtConfiguration } from './kubevirt-configuration.ts';
import type { ObjectMeta } from './meta.ts';
import type { KubeVirtPhase } from './phases.ts';
import type { Duration, Int64, Integer } from './scalars.ts';

/** Whether machines block an uninstall. */
export type KubeVirtUninstallStrategy = 'RemoveWorkloads' | 'BlockUninstallIfWorkloadsExist';

/** How a patch is merged. */
export type PatchType = 'json' | 'merge' | 'strategic';

/** How a running guest gets a new launcher. */
export type WorkloadUpdateMethod = 'LiveMigrate' | 'Evict';

/** The settings of the installation. There is one in a cluster. */
export interface KubeVirt {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The settings. */
  spec: KubeVirtSpec;
  /** What is known of the installation. */
  status?: KubeVirtStatus;
}

/** The settings of the installation. */
export interface KubeVirtSpec {
  /** How long certificates last. */
  certificateRotateStrategy?: KubeVirtCertificateRotateStrategy;
  /** Settings of guests and components. */
  configuration?: KubeVirtConfiguration;
  /** Not used by QuickVirt: components are customised by chart values. */
  customizeComponents?: CustomizeComponents;
  /** When images of launcher pods are pulled, unless `configuration` says otherwise. Default: `IfNotPresent`. */
  imagePullPolicy?: ImagePullPolicy;
  /**
   * Secrets with credentials of the registry, for launcher pods.
   * @listType atomic
   */
  imagePullSecrets?: LocalObjectReference[];
  /** Not used by QuickVirt: images are set by chart values. */
  imageRegistry?: string;
  /** Not used by QuickVirt: images are set by chart values. */
  imageTag?: string;
  /** Not used by QuickVirt: placement of virt-api and virt-controller is set by chart values. */
  infra?: ComponentConfig;
  /** Service account of Prometheus that may read our metrics. */
  monitorAccount?: string;
  /** Namespace of Prometheus. */
  monitorNamespace?: string;
  /** Component label put on our objects by a product that embeds us. */
  productComponent?: string;
  /** Name label put on our objects by a product that embeds us. */
  productName?: string;
  /** Version label put on our objects by a product that embeds us. */
  productVersion?: string;
  /** Namespace that the ServiceMonitor is made in. */
  serviceMonitorNamespace?: string;
  /** Port of migrations between clusters. Default: 9185. */
  synchronizationPort?: string;
  /**
   * `BlockUninstallIfWorkloadsExist` refuses to delete this object while machines exist. Default: `RemoveWorkloads`.
   */
  uninstallStrategy?: KubeVirtUninstallStrategy;
  /** What happens to running guests after an upgrade. */
  workloadUpdateStrategy?: KubeVirtWorkloadUpdateStrategy;
  /** Not used by QuickVirt: placement of virt-handler is set by chart values. */
  workloads?: ComponentConfig;
}

/** What is known of the installation. */
export interface KubeVirtStatus {
  /**
   * Conditions of the installation.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** CPU architecture of guests that name none. */
  defaultArchitecture?: string;
  /**
   * Objects that were made and their generations.
   * @listType atomic
   */
  generations?: GenerationStatus[];
  /** Deployment settings that are in use, as JSON. */
  observedDeploymentConfig?: string;
  /** Hash of the deployment settings that are in use. */
  observedDeploymentID?: string;
  /** Generation of this object that was dealt with. */
  observedGeneration?: Int64;
  /** Registry of the images that are in use. */
  observedKubeVirtRegistry?: string;
  /** Version that is in use. */
  observedKubeVirtVersion?: string;
  /** Version of the component that writes this status. */
  operatorVersion?: string;
  /** Guests that run in an older launcher. */
  outdatedVirtualMachineInstanceWorkloads?: Integer;
  /** State of the installation. */
  phase?: KubeVirtPhase;
  /**
   * Addresses for migrations between clusters.
   * @listType atomic
   */
  synchronizationAddresses?: string[];
  /** Deployment settings that are being rolled out, as JSON. */
  targetDeploymentConfig?: string;
  /** Hash of the deployment settings that are being rolled out. */
  targetDeploymentID?: string;
  /** Registry of the images that are being rolled out. */
  targetKubeVirtRegistry?: string;
  /** Version that is being rolled out. */
  targetKubeVirtVersion?: string;
}

/** An object that was made. */
export interface GenerationStatus {
  /** API group of the object. */
  group: string;
  /** Hash of an object without a generation. */
  hash?: string;
  /** Generation that was last seen. */
  lastGeneration: Int64;
  /** Name of the object. */
  name: string;
  /** Namespace of the object. */
  namespace?: string;
  /** Plural of the object's kind. */
  resource: string;
}

/** Placement of components. */
export interface ComponentConfig {
  /** Nodes that they may run on. */
  nodePlacement?: NodePlacement;
  /** How many run. */
  replicas?: Integer;
}

/** Nodes that components may run on. */
export interface NodePlacement {
  /** Nodes and neighbours that are preferred, needed or avoided. */
  affinity?: Affinity;
  /** Labels that a node must have. */
  nodeSelector?: Record<string, string>;
  /** Taints that are tolerated. */
  tolerations?: Toleration[];
}

/** Changes to the objects of the installation. */
export interface CustomizeComponents {
  /** Further command-line flags. */
  flags?: ComponentFlags;
  /**
   * Patches.
   * @listType atomic
   */
  patches?: CustomizeComponentsPatch[];
}

/** A patch of one object. */
export interface CustomizeComponentsPatch {
  /** The patch, as JSON. */
  patch: string;
  /**
   * Name of the object.
   * @minLength 1
   */
  resourceName: string;
  /**
   * Kind of the object.
   * @minLength 1
   */
  resourceType: string;
  /** How the patch is merged. */
  type: PatchType;
}

/** Command-line flags by component. */
export interface ComponentFlags {
  /** Flags of virt-api. */
  api?: Record<string, string>;
  /** Flags of virt-controller. */
  controller?: Record<string, string>;
  /** Flags of virt-handler. */
  handler?: Record<string, string>;
}

/** What happens to running guests after an upgrade. */
export interface KubeVirtWorkloadUpdateStrategy {
  /** Time between two batches. Default: `1m`. */
  batchEvictionInterval?: Duration;
  /** Guests that are evicted at once. Default: 10. */
  batchEvictionSize?: Integer;
  /**
   * Ways to a new launcher, tried in the order `LiveMigrate`, `Evict`. Default: none, guests keep the old one.
   * @listType atomic
   */
  workloadUpdateMethods?: WorkloadUpdateMethod[];
}

/** How certificates are renewed. */
export interface KubeVirtCertificateRotateStrategy {
  /** Lifetimes of the certificates of our own CA. */
  selfSigned?: KubeVirtSelfSignConfiguration;
}

/** Lifetimes of certificates. */
export interface KubeVirtSelfSignConfiguration {
  /** The CA certificate. */
  ca?: CertConfig;
  /** Deprecated in favour of `ca.renewBefore`. */
  caOverlapInterval?: Duration;
  /** Deprecated in favour of `ca.duration`. */
  caRotateInterval?: Duration;
  /** Deprecated in favour of `server.duration`. */
  certRotateInterval?: Duration;
  /** The certificates that the CA signs. */
  server?: CertConfig;
}

/** Lifetime of a certificate. */
export interface CertConfig {
  /** How long it lasts. Default: `168h` for the CA, `24h` for the others. */
  duration?: Duration;
  /** How long before its end it is renewed. Default: a fifth of its life. */
  renewBefore?: Duration;
}
