import type { ObjectMeta } from './meta.ts';
import type { ExperimentalMigrationOptions } from './migration-configuration.ts';
import type { EmptyObject, Int64, Quantity } from './scalars.ts';

/** Settings for migrations of guests with matching labels. */
export interface MigrationPolicy {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The settings, and the guests. */
  spec: MigrationPolicySpec;
  /**
   * Empty.
   * @nullable
   */
  status?: EmptyObject;
}

/** Settings, and the guests they hold for. What is left out is as the KubeVirt object says. */
export interface MigrationPolicySpec {
  /** Slows the guest down while its memory changes faster than it can be sent. Default: false. */
  allowAutoConverge?: boolean;
  /**
   * Lets the guest run on the target before all its memory is there; a lost connection then loses the guest. Default:
   * false.
   */
  allowPostCopy?: boolean;
  /**
   * Pauses the guest, or goes on to post-copy where that is allowed, when the time is up, instead of giving up.
   * Default: false.
   */
  allowWorkloadDisruption?: boolean;
  /** Bytes a second that one migration may send; 0 means no limit. Default: 0. */
  bandwidthPerMigration?: Quantity;
  /** Seconds for each GiB of memory and copied disk before a migration is given up. Default: 150. */
  completionTimeoutPerGiB?: Int64;
  /** Settings that may change or go away. */
  experimental?: ExperimentalMigrationOptions;
  /**
   * Longest pause of the guest at the switch-over, in milliseconds. Default: 900.
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  /** Guests that the policy holds for. */
  selectors: MigrationPolicySelectors;
}

/** Guests that a policy holds for. The policy with the most matching labels wins. */
export interface MigrationPolicySelectors {
  /** Labels of the namespace. */
  namespaceSelector?: Record<string, string>;
  /** Labels of the VMI. */
  virtualMachineInstanceSelector?: Record<string, string>;
}
