/** What a requester must be and may ask for, for one signer name. */
export interface SignerRule {
  /** Name of the service account in QuickVirt's own namespace. */
  readonly serviceAccount: string;
  readonly extendedKeyUsage: 'server auth' | 'client auth';
  /** Whether the requester's token must be bound to a node, whose name is then part of the names. */
  readonly boundToNode: boolean;
  /** Common names it may ask for. */
  readonly commonNames: (where: SignerScope) => readonly string[];
  /** DNS names it may ask for; when there are any, it must ask for one at least. */
  readonly dnsNames: (where: SignerScope) => readonly string[];
}

/** What the allowed names depend on. */
export interface SignerScope {
  readonly namespace: string;
  /** Empty unless the signer is bound to a node. */
  readonly nodeName: string;
}

const apiNames = ({ namespace }: SignerScope): string[] => [
  'virt-api',
  `virt-api.${namespace}`,
  `virt-api.${namespace}.svc`,
];

/** The three signers: one for each end of each connection between our own parts. */
export const SIGNERS: Readonly<Record<string, SignerRule>> = {
  'quickvirt.io/virt-api-serving': {
    serviceAccount: 'virt-api',
    extendedKeyUsage: 'server auth',
    boundToNode: false,
    commonNames: (scope) => ['quickvirt:virt-api', ...apiNames(scope)],
    dnsNames: apiNames,
  },
  'quickvirt.io/virt-api-client': {
    serviceAccount: 'virt-api',
    extendedKeyUsage: 'client auth',
    boundToNode: false,
    commonNames: () => ['quickvirt:virt-api'],
    dnsNames: () => [],
  },
  'quickvirt.io/virt-handler-serving': {
    serviceAccount: 'virt-handler',
    extendedKeyUsage: 'server auth',
    boundToNode: true,
    commonNames: ({ nodeName }) => [`quickvirt:virt-handler:${nodeName}`],
    dnsNames: ({ nodeName }) => [`${nodeName}.virt-handler.quickvirt.internal`],
  },
};
