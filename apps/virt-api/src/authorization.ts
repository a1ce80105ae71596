import { subjectAccessReviews, type KubeClient, type SubjectAccessReview } from '@quickvirt/kube';
import type { Caller } from './front-proxy.ts';
import { SUBRESOURCES_GROUP, SUBRESOURCES_VERSIONS, type SubresourcePath } from './subresources/subresource-request.ts';

/** Kubernetes' verb for an HTTP method; a watch or a stream is a GET. */
const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  PUT: 'update',
  POST: 'create',
  PATCH: 'patch',
  DELETE: 'delete',
};

const GROUP_ROOT = `/apis/${SUBRESOURCES_GROUP}`;

/** Open to anyone who reaches the port: discovery, health, version, and what kubelet and Prometheus ask. */
const OPEN_PATHS = new Set([
  '/',
  '/apis',
  '/healthz',
  '/readyz',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  GROUP_ROOT,
  ...SUBRESOURCES_VERSIONS.flatMap((version) => [
    `${GROUP_ROOT}/${version}`,
    `${GROUP_ROOT}/${version}/version`,
    `${GROUP_ROOT}/${version}/guestfs`,
    `${GROUP_ROOT}/${version}/healthz`,
    `/openapi/v3/apis/${SUBRESOURCES_GROUP}/${version}`,
  ]),
]);

/** Whether a path needs no caller. Exact: nothing below such a path is open because of it. */
export function isOpenPath(pathname: string): boolean {
  return OPEN_PATHS.has(pathname.length > 1 && pathname.endsWith('/') ? pathname.slice(0, -1) : pathname);
}

/** What RBAC is asked about a request; undefined for a method that has no verb. */
export function accessReview(caller: Caller, method: string, path: SubresourcePath): SubjectAccessReview | undefined {
  const verb = VERBS[method];
  if (!verb) return undefined;
  return {
    metadata: {},
    spec: {
      user: caller.username,
      ...(caller.uid && { uid: caller.uid }),
      groups: caller.groups,
      extra: caller.extra,
      resourceAttributes: {
        group: SUBRESOURCES_GROUP,
        version: path.version,
        namespace: path.namespace,
        resource: path.resource,
        ...(path.subresource && { subresource: path.subresource }),
        ...(path.name && { name: path.name }),
        verb,
      },
    },
  };
}

/** Asks the API server; answers undefined when allowed, else the reason why not. */
export async function denialReason(
  client: Pick<KubeClient, 'create'>,
  review: SubjectAccessReview,
): Promise<string | undefined> {
  const { status, spec } = await client.create(subjectAccessReviews, review);
  if (status?.allowed && !status.denied) return undefined;
  const { verb, resource, subresource, namespace } = spec.resourceAttributes ?? {};
  return (
    status?.reason ||
    `User "${spec.user}" cannot ${verb} ${[resource, subresource].filter(Boolean).join('/')} in the namespace "${namespace}"`
  );
}
