import { resourceType, type KubeObject } from '../resource-type.ts';

export { pods } from '../core-types.ts';

/** A kind that owns pods. */
export const replicaSetLike = resourceType<KubeObject>({
  group: 'apps',
  version: 'v1',
  plural: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
});
