import type { ArchitectureConfig, ClusterConfig } from './cluster-config.ts';
import type { Architecture } from './defaults.ts';
import type { FeatureGate } from './feature-gates.ts';

/**
 * The part of the settings that a libvirt domain depends on. It travels to virt-launcher as JSON, so it holds plain
 * data only and a launcher may be older than what sent it: fields are only added.
 */
export interface DomainConfig {
  readonly useEmulation: boolean;
  readonly smbios: ClusterConfig['smbios'];
  readonly memBalloonStatsPeriodSeconds: number;
  readonly disableFreePageReporting: boolean;
  readonly disableSerialConsoleLog: boolean;
  readonly architectures: Readonly<Record<Architecture, ArchitectureConfig>>;
  readonly featureGates: readonly FeatureGate[];
  readonly diskVerificationMemoryLimitBytes: number;
  readonly hypervisor: string;
  /** Binding plugins, by name: how their interface reaches the domain. */
  readonly networkBindings: ClusterConfig['network']['bindings'];
  readonly tdx: ClusterConfig['tdx'];
  /** Verbosity of the launcher's log. */
  readonly logVerbosity: number;
}

/** Picks what a domain depends on. */
export function domainConfigFrom(config: ClusterConfig): DomainConfig {
  return Object.freeze<DomainConfig>({
    useEmulation: config.developer.useEmulation,
    smbios: config.smbios,
    memBalloonStatsPeriodSeconds: config.memBalloonStatsPeriodSeconds,
    disableFreePageReporting: config.disableFreePageReporting,
    disableSerialConsoleLog: config.disableSerialConsoleLog,
    architectures: config.architectures,
    featureGates: config.featureGates,
    diskVerificationMemoryLimitBytes: config.developer.diskVerificationMemoryLimitBytes,
    hypervisor: config.hypervisor,
    networkBindings: config.network.bindings,
    tdx: config.tdx,
    logVerbosity: config.developer.logVerbosity.virtLauncher,
  });
}
