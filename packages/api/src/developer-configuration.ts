import type { Int64, Integer, Quantity } from './scalars.ts';

/** Feature gates and settings for special cases. */
export interface DeveloperConfiguration {
  /** Lets administrators take CPU profiles of components. Default: false. */
  clusterProfiler?: boolean;
  /** Virtual CPUs that share one requested CPU. Default: 10. */
  cpuAllocationRatio?: Integer;
  /**
   * Feature gates that are turned off.
   * @listType atomic
   */
  disabledFeatureGates?: string[];
  /** Checks of disk images. */
  diskVerification?: DiskVerification;
  /**
   * Feature gates that are turned on; this wins over `disabledFeatureGates`.
   * @listType atomic
   */
  featureGates?: string[];
  /** How much components log. */
  logVerbosity?: LogVerbosity;
  /**
   * Guest memory as per cent of the memory that its pod requests; 150 fits half as many guests again. Default: 100.
   * @minimum 10
   */
  memoryOvercommit?: Integer;
  /**
   * Lowest frequency in hertz of time-stamp counters that guests with a fixed one start with. Default: the lowest of
   * all nodes.
   */
  minimumClusterTSCFrequency?: Int64;
  /** Bytes of a volume that a new disk image leaves free. Default: 131072. */
  minimumReservePVCBytes?: Int64;
  /** Labels that every node that runs guests must have. */
  nodeSelectors?: Record<string, string>;
  /** Per cent that a volume may be smaller than its disk image asks for. Default: 10. */
  pvcTolerateLessSpaceUpToPercent?: Integer;
  /** Lets guests run without KVM, slowly. Default: false. */
  useEmulation?: boolean;
}

/** Checks of disk images. */
export interface DiskVerification {
  /** Memory that a check may use. Default: `2000Mi`. */
  memoryLimit: Quantity;
}

/** How much each component logs, from 0 to 9. Default: 2. */
export interface LogVerbosity {
  /** Verbosity on single nodes, by node name. */
  nodeVerbosity?: Record<string, Integer>;
  /** Verbosity of virt-api. */
  virtAPI?: Integer;
  /** Verbosity of virt-controller. */
  virtController?: Integer;
  /** Verbosity of virt-handler. */
  virtHandler?: Integer;
  /** Verbosity of virt-launcher. */
  virtLauncher?: Integer;
  /** Not used: there is no operator. */
  virtOperator?: Integer;
  /** Verbosity of the component for migrations between clusters. */
  virtSynchronizationController?: Integer;
}
