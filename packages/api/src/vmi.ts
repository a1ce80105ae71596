import type { AccessCredential } from './access-credentials.ts';
import type { DNSPolicy, PodDNSConfig } from './core/dns.ts';
import type { Affinity, Toleration, TopologySpreadConstraint } from './core/scheduling.ts';
import type { DomainSpec } from './domain.ts';
import type { ObjectMeta } from './meta.ts';
import type { Network } from './network.ts';
import type { Probe } from './probes.ts';
import type { Int64 } from './scalars.ts';
import type { VirtualMachineInstanceStatus } from './vmi-status.ts';
import type { UtilityVolume, Volume } from './volumes.ts';

/** What a node drain does to a guest. */
export type EvictionStrategy = 'None' | 'LiveMigrate' | 'LiveMigrateIfPossible' | 'External';

/** How a guest begins. */
export type StartStrategy = 'Paused';

/**
 * A virtual machine that runs: one launcher pod, one guest. It ends for good when its guest ends; a VirtualMachine
 * makes new ones.
 */
export interface VirtualMachineInstance {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The guest and where it may run. Most of it cannot be changed once the VMI exists. */
  spec: VirtualMachineInstanceSpec;
  /** What is known of the running guest. Only QuickVirt's controllers write it. */
  status?: VirtualMachineInstanceStatus;
}

/** A guest, its volumes and networks, and the rules for the node that runs it. */
export interface VirtualMachineInstanceSpec {
  /**
   * SSH keys and passwords that are put into the guest. At most 256.
   * @maxItems 256
   * @listType atomic
   */
  accessCredentials?: AccessCredential[];
  /** Which nodes and neighbours the launcher pod prefers, needs or avoids. */
  affinity?: Affinity;
  /**
   * CPU architecture of the guest: `amd64`, `arm64` or `s390x`. Default: that of the cluster. It is set once, when the
   * object is made.
   */
  architecture?: string;
  /**
   * Name servers, search domains and resolver options of the pod, which the guest learns by DHCP. Added to what
   * `dnsPolicy` gives.
   */
  dnsConfig?: PodDNSConfig;
  /** Where the pod's resolver settings come from. Default: `ClusterFirst`. `None` needs `dnsConfig`. */
  dnsPolicy?: DNSPolicy;
  /** The virtual hardware. */
  domain: DomainSpec;
  /**
   * What happens when the node is drained: `LiveMigrate` moves the guest or blocks the drain, `LiveMigrateIfPossible`
   * moves it where it can, `External` leaves it to another controller, `None` shuts it down. Default: that of the
   * KubeVirt object, or else `None`.
   */
  evictionStrategy?: EvictionStrategy;
  /** Host name of the guest, given by DHCP and cloud-init. Default: the name of the VMI. */
  hostname?: string;
  /** Check of the guest that, when it fails often enough, stops the guest. */
  livenessProbe?: Probe;
  /**
   * Networks that interfaces connect to, by name. At most 256.
   * @maxItems 256
   */
  networks?: Network[];
  /** Labels that a node must have to run this guest. */
  nodeSelector?: Record<string, string>;
  /**
   * PriorityClass of the launcher pod: how it ranks in scheduling and preemption. Default: the cluster's default class.
   */
  priorityClassName?: string;
  /** Check of the guest that decides whether Services send traffic to it. */
  readinessProbe?: Probe;
  /**
   * Claims for devices by dynamic resource allocation, which GPUs and host devices of the domain refer to by name.
   * @listType map
   * @listMapKeys name
   */
  resourceClaims?: VirtualMachineInstanceResourceClaim[];
  /** Scheduler that places the launcher pod. Default: the cluster's default scheduler. */
  schedulerName?: string;
  /**
   * Service account of the launcher pod. Where a serviceAccount volume is present, both must name the same one.
   * Default: that of the namespace.
   */
  serviceAccountName?: string;
  /** `Paused` starts the guest with its CPUs stopped, until it is unpaused. Default: it runs at once. */
  startStrategy?: StartStrategy;
  /**
   * Subdomain of the guest's full name, `<hostname>.<subdomain>.<namespace>.svc.<cluster domain>`; a headless Service
   * of the same name makes it resolve. Default: none.
   */
  subdomain?: string;
  /**
   * Seconds that the guest has to shut down after the ACPI power button before it is cut off. 0 cuts it off at once.
   * Default: 30.
   */
  terminationGracePeriodSeconds?: Int64;
  /** Taints of nodes that this guest may run on in spite of them. */
  tolerations?: Toleration[];
  /**
   * How guests with the same labels are spread over zones, nodes or other topologies.
   * @listType map
   * @listMapKeys topologyKey, whenUnsatisfiable
   */
  topologySpreadConstraints?: TopologySpreadConstraint[];
  /**
   * Volumes that are attached to the pod for QuickVirt's own work, such as backups, and that the guest does not see. At
   * most 256.
   * @maxItems 256
   * @listType map
   * @listMapKeys name
   */
  utilityVolumes?: UtilityVolume[];
  /**
   * Sources of the data of disks and file systems, by name. At most 256.
   * @maxItems 256
   */
  volumes?: Volume[];
}

/** What each VMI that is made from this object looks like. */
export interface VirtualMachineInstanceTemplateSpec {
  /**
   * Labels and annotations of the VMI.
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  /** The guest and where it may run. */
  spec?: VirtualMachineInstanceSpec;
}

/** A named claim for devices. Exactly one of `resourceClaimName` and `resourceClaimTemplateName` is set. */
export interface VirtualMachineInstanceResourceClaim {
  /** Name that devices of the domain refer to. */
  name: string;
  /** ResourceClaim in the same namespace that is used as it is. */
  resourceClaimName?: string;
  /** ResourceClaimTemplate in the same namespace that a claim is made from for each pod. */
  resourceClaimTemplateName?: string;
}
