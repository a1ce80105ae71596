export const SUBRESOURCES_GROUP = 'subresources.kubevirt.io';

/** Served versions, the preferred one first. */
export const SUBRESOURCES_VERSIONS = ['v1', 'v1alpha3'] as const;

/** What a path below `/apis/subresources.kubevirt.io/` names. */
export interface SubresourcePath {
  version: string;
  namespace: string;
  /** Plural; `expand-vm-spec` stands where a resource would. */
  resource: string;
  /** Empty for `expand-vm-spec`. */
  name: string;
  /** With its slashes (`evacuate/cancel`); `portforward` without port and protocol. Empty for `expand-vm-spec`. */
  subresource: string;
  /** What follows `portforward`. */
  rest: readonly string[];
}

/** Reads `/apis/subresources.kubevirt.io/v1/namespaces/NS/RESOURCE/NAME/SUBRESOURCE...`; undefined if it is no such path. */
export function parseSubresourcePath(pathname: string): SubresourcePath | undefined {
  const parts = pathname.split('/').slice(1).map(decoded);
  if (parts.includes(undefined) || parts.includes('')) return undefined;
  const [apis, group, version, namespaces, namespace, resource, name, ...rest] = parts as string[];
  if (apis !== 'apis' || group !== SUBRESOURCES_GROUP || namespaces !== 'namespaces') return undefined;
  if (!version || !SUBRESOURCES_VERSIONS.includes(version as 'v1') || !namespace || !resource) return undefined;
  if (name === undefined) {
    return resource === 'expand-vm-spec'
      ? { version, namespace, resource, name: '', subresource: '', rest: [] }
      : undefined;
  }
  if (rest.length === 0) return undefined;
  const [first = '', ...others] = rest;
  return first === 'portforward'
    ? { version, namespace, resource, name, subresource: first, rest: others }
    : { version, namespace, resource, name, subresource: rest.join('/'), rest: [] };
}

/** Undefined for a part that hides a slash or is not decodable: nothing of ours has such a name. */
function decoded(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part);
    return text.includes('/') ? undefined : text;
  } catch {
    return undefined;
  }
}
