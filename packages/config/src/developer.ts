import type { DeveloperConfiguration } from '@quickvirt/api';
import { bytesOr } from './read-values.ts';

/** Verbosity of each component's log: 0 is silent but for errors, 9 tells all. */
export interface LogVerbosityConfig {
  readonly virtApi: number;
  readonly virtController: number;
  readonly virtHandler: number;
  readonly virtLauncher: number;
  /** Verbosity of virt-handler and of the launchers on single nodes, by node name. */
  readonly byNode: Readonly<Record<string, number>>;
}

/** Settings under `developerConfiguration`. */
export interface DeveloperConfig {
  /** VMs may run without KVM, by QEMU's own emulation. */
  readonly useEmulation: boolean;
  /** vCPUs that share one requested CPU. */
  readonly cpuAllocationRatio: number;
  /** Guest memory as per cent of the memory that its pod requests; 100 means none is overcommitted. */
  readonly memoryOvercommitPercent: number;
  readonly logVerbosity: LogVerbosityConfig;
  /** Added to the node selector of every launcher pod. */
  readonly nodeSelectors: Readonly<Record<string, string>>;
  /** Memory limit of qemu-img when it looks at an image. */
  readonly diskVerificationMemoryLimitBytes: number;
  /** Space that stays free on a file-system volume when a disk image is made on it. */
  readonly minimumReservePvcBytes: number;
  /** How much smaller than asked for a volume may be. */
  readonly pvcTolerateLessSpaceUpToPercent: number;
  /** Lowest TSC frequency in hertz that VMs with a fixed TSC may start with. */
  readonly minimumClusterTscFrequencyHz?: number;
  readonly clusterProfiler: boolean;
}

const defaultVerbosity = 2;
const defaultDiskVerificationMemoryBytes = 2000 * 1024 * 1024;

/** `developerConfiguration` with its defaults. */
export function developerConfigFrom(developer: DeveloperConfiguration): DeveloperConfig {
  const verbosity = developer.logVerbosity ?? {};
  return {
    useEmulation: developer.useEmulation ?? false,
    cpuAllocationRatio: developer.cpuAllocationRatio || 10,
    memoryOvercommitPercent: developer.memoryOvercommit || 100,
    logVerbosity: {
      virtApi: verbosity.virtAPI ?? defaultVerbosity,
      virtController: verbosity.virtController ?? defaultVerbosity,
      virtHandler: verbosity.virtHandler ?? defaultVerbosity,
      virtLauncher: verbosity.virtLauncher ?? defaultVerbosity,
      byNode: { ...verbosity.nodeVerbosity },
    },
    nodeSelectors: { ...developer.nodeSelectors },
    diskVerificationMemoryLimitBytes: bytesOr(
      developer.diskVerification?.memoryLimit,
      defaultDiskVerificationMemoryBytes,
    ),
    minimumReservePvcBytes: developer.minimumReservePVCBytes ?? 131_072,
    pvcTolerateLessSpaceUpToPercent: developer.pvcTolerateLessSpaceUpToPercent ?? 10,
    minimumClusterTscFrequencyHz: developer.minimumClusterTSCFrequency,
    clusterProfiler: developer.clusterProfiler ?? false,
  };
}
