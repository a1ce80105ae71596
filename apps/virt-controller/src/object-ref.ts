import { keyOf, nameOfKey, type KubeObject, type ObjectName } from '@quickvirt/kube';

/** Where an object is, for a call to the API server. */
export function refOf(object: KubeObject): ObjectName {
  return nameOfKey(keyOf(object));
}
