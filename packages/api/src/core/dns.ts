export type DNSPolicy = 'ClusterFirst' | 'ClusterFirstWithHostNet' | 'Default' | 'None';

export interface PodDNSConfig {
  /** @listType atomic */
  nameservers?: string[];
  /** @listType atomic */
  options?: PodDNSConfigOption[];
  /** @listType atomic */
  searches?: string[];
}

export interface PodDNSConfigOption {
  name?: string;
  value?: string;
}
