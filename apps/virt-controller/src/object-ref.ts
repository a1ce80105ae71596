import { apiVersionOf, keyOf, nameOfKey, type KubeObject, type ObjectName, type ResourceType } from '@quickvirt/kube';

/** Where an object is, for a call to the API server. */
export function refOf(object: KubeObject): ObjectName {
  return nameOfKey(keyOf(object));
}

/** What an event is about: objects out of a list carry no kind of their own. */
export function withKind<T extends KubeObject>(type: ResourceType<T>, { metadata }: T): KubeObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata };
}
