import type { ResourceType } from '../../resource-type.ts';

/** What the API server does with objects of a kind beyond storing them. */
export interface KindRules {
  /** The kind has a status of its own: a write goes to the status or to the rest, never to both. */
  readonly statusSubresource?: boolean;
  /** Labels and annotations may come with a status write: so it is for pods, not for custom resources. */
  readonly metadataWithStatus?: boolean;
  /** Deletion waits for a grace period that an agent (the kubelet) ends: so it is for pods. */
  readonly gracefulDeletion?: boolean;
  /**
   * Lists whose items have a key (`x-kubernetes-list-map-keys`, patchMergeKey), by the path of field names; several key
   * fields are joined by commas.
   */
  readonly listKeys?: Readonly<Record<string, string>>;
  /** The status with which a new object begins. */
  readonly initialStatus?: object;
}

const OWNER_REFERENCES = { 'metadata.ownerReferences': 'uid' } as const;

/** Rules of Kubernetes' own kinds. Source: registry/core/pod/strategy.go, api/core/v1/types.go (patchMergeKey). */
const CORE_RULES: Readonly<Record<string, KindRules>> = {
  Pod: {
    statusSubresource: true,
    metadataWithStatus: true,
    gracefulDeletion: true,
    initialStatus: { phase: 'Pending' },
    listKeys: {
      ...OWNER_REFERENCES,
      'status.conditions': 'type',
      'spec.containers': 'name',
      'spec.volumes': 'name',
    },
  },
  Node: {
    statusSubresource: true,
    metadataWithStatus: true,
    listKeys: { ...OWNER_REFERENCES, 'status.conditions': 'type', 'status.addresses': 'type' },
  },
};

/** The rules of a kind: given ones for custom resources, known ones for pods and nodes, none for others. */
export function rulesOf(type: ResourceType, given: Readonly<Record<string, KindRules>>): KindRules {
  return given[type.kind] ?? CORE_RULES[type.kind] ?? { listKeys: OWNER_REFERENCES };
}
