import type { ResourceRequirementsWithoutClaims } from './domain.ts';

/** How a plugin's interface reaches the domain. */
export type DomainAttachmentType = 'tap' | 'managedTap';

/** What a plugin's interface needs after a migration. */
export type InterfaceBindingMigrationMethod = 'link-refresh';

/** Facts that a plugin's sidecar gets. */
export type NetworkBindingDownwardAPIType = 'device-info';

/** Networking of guests. */
export interface NetworkConfiguration {
  /** Binding plugins, by name. */
  binding?: Record<string, InterfaceBindingPlugin>;
  /** Binding of a guest that names no interface: `bridge`, `masquerade` or `passt`. Default: `bridge`. */
  defaultNetworkInterface?: string;
  /** Lets guests use `bridge` on the pod network. Default: true. */
  permitBridgeInterfaceOnPodNetwork?: boolean;
  /** Discontinued: slirp is gone. */
  permitSlirpInterface?: boolean;
}

/** A binding plugin. */
export interface InterfaceBindingPlugin {
  /** CPU and memory that the plugin adds to the compute container. */
  computeResourceOverhead?: ResourceRequirementsWithoutClaims;
  /**
   * How the interface reaches the domain: `tap` for a tap device that the plugin makes, `managedTap` for one that
   * QuickVirt makes.
   */
  domainAttachmentType?: DomainAttachmentType;
  /** Facts that the sidecar gets. */
  downwardAPI?: NetworkBindingDownwardAPIType;
  /** What the interface needs in a migration; unset means that the guest cannot be migrated. */
  migration?: InterfaceBindingMigration;
  /** NetworkAttachmentDefinition whose CNI plugin sets the interface up, as `name` or `namespace/name`. */
  networkAttachmentDefinition?: string;
  /** Image of a sidecar that changes the domain. */
  sidecarImage?: string;
}

/** What an interface needs in a migration. */
export interface InterfaceBindingMigration {
  /** `link-refresh` takes the link down and up on the target, so that the guest asks for a new lease. */
  method?: InterfaceBindingMigrationMethod;
}
