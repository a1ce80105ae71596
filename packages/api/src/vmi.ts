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

export type EvictionStrategy = 'None' | 'LiveMigrate' | 'LiveMigrateIfPossible' | 'External';

export type StartStrategy = 'Paused';

export interface VirtualMachineInstance {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineInstanceSpec;
  status?: VirtualMachineInstanceStatus;
}

export interface VirtualMachineInstanceSpec {
  /**
   * @maxItems 256
   * @listType atomic
   */
  accessCredentials?: AccessCredential[];
  affinity?: Affinity;
  architecture?: string;
  dnsConfig?: PodDNSConfig;
  dnsPolicy?: DNSPolicy;
  domain: DomainSpec;
  evictionStrategy?: EvictionStrategy;
  hostname?: string;
  livenessProbe?: Probe;
  /** @maxItems 256 */
  networks?: Network[];
  nodeSelector?: Record<string, string>;
  priorityClassName?: string;
  readinessProbe?: Probe;
  /**
   * @listType map
   * @listMapKeys name
   */
  resourceClaims?: VirtualMachineInstanceResourceClaim[];
  schedulerName?: string;
  serviceAccountName?: string;
  startStrategy?: StartStrategy;
  subdomain?: string;
  terminationGracePeriodSeconds?: Int64;
  tolerations?: Toleration[];
  /**
   * @listType map
   * @listMapKeys topologyKey, whenUnsatisfiable
   */
  topologySpreadConstraints?: TopologySpreadConstraint[];
  /**
   * @maxItems 256
   * @listType map
   * @listMapKeys name
   */
  utilityVolumes?: UtilityVolume[];
  /** @maxItems 256 */
  volumes?: Volume[];
}

export interface VirtualMachineInstanceTemplateSpec {
  /**
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  spec?: VirtualMachineInstanceSpec;
}

export interface VirtualMachineInstanceResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}
