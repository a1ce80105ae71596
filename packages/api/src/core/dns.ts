/** Where a pod's resolver settings come from. */
export type DNSPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';

/** Resolver settings. */
export interface PodDNSConfig {
  /**
   * Addresses of name servers.
   * @listType atomic
   */
  nameservers?: string[];
  /**
   * Options of the resolver.
   * @listType atomic
   */
  options?: PodDNSConfigOption[];
  /**
   * Search domains.
   * @listType atomic
   */
  searches?: string[];
}

/** An option of the resolver. */
export interface PodDNSConfigOption {
  /** Name of the option. */
  name?: string;
  /** Value of the option. */
  value?: string;
}
