import { VERSION } from '@quickvirt/api';
import type { SubresourceFamily } from './subresources/family.ts';
import { SUBRESOURCES_GROUP, SUBRESOURCES_VERSIONS } from './subresources/subresource-request.ts';

/** meta/v1 APIGroup of the subresources. */
export function apiGroup() {
  const versions = SUBRESOURCES_VERSIONS.map((version) => ({
    groupVersion: `${SUBRESOURCES_GROUP}/${version}`,
    version,
  }));
  return {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: SUBRESOURCES_GROUP,
    versions,
    preferredVersion: versions[0],
  };
}

/** meta/v1 APIGroupList: the answer of `/apis`. */
export function apiGroupList() {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup()] };
}

/** meta/v1 APIResourceList of one version. */
export function apiResourceList(version: string, families: readonly SubresourceFamily[]) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: `${SUBRESOURCES_GROUP}/${version}`,
    resources: families
      .filter(({ isHidden }) => !isHidden)
      .map(({ resource, subresource, method }) => ({
        name: subresource ? `${resource}/${subresource}` : resource,
        singularName: '',
        namespaced: true,
        kind: '',
        verbs: [method === 'GET' ? 'get' : 'update'],
      })),
  };
}

/** meta/v1 RootPaths: the answer of `/`. */
export function rootPaths() {
  return {
    paths: [
      '/apis',
      `/apis/${SUBRESOURCES_GROUP}`,
      ...SUBRESOURCES_VERSIONS.map((version) => `/apis/${SUBRESOURCES_GROUP}/${version}`),
      '/healthz',
      '/openapi/v2',
      '/openapi/v3',
    ],
  };
}

const info = { title: 'QuickVirt subresources', version: VERSION };

/** OpenAPI 2 document. The operations are in the version 3 documents, which clients read today. */
export function openApiV2() {
  return { swagger: '2.0', info, paths: {}, definitions: {} };
}

/** Index of the OpenAPI 3 documents. */
export function openApiV3Index() {
  const paths = SUBRESOURCES_VERSIONS.map((version) => {
    const path = `apis/${SUBRESOURCES_GROUP}/${version}`;
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${encodeURIComponent(VERSION)}` }];
  });
  return { paths: Object.fromEntries(paths) as Record<string, { serverRelativeURL: string }> };
}

/** OpenAPI 3 document of one version. */
export function openApiV3(version: string, families: readonly SubresourceFamily[]) {
  const paths = families.map((family) => [
    openApiPath(version, family),
    { [family.method.toLowerCase()]: operation(version, family) },
  ]);
  return { openapi: '3.0.0', info, paths: Object.fromEntries(paths) as Record<string, unknown> };
}

function openApiPath(version: string, { resource, subresource }: SubresourceFamily): string {
  const root = `/apis/${SUBRESOURCES_GROUP}/${version}/namespaces/{namespace}/${resource}`;
  if (!subresource) return root;
  return `${root}/{name}/${subresource}${subresource === 'portforward' ? '/{port}/{protocol}' : ''}`;
}

function operation(version: string, family: SubresourceFamily) {
  const { resource, subresource, method, isStream } = family;
  const names = [...openApiPath(version, family).matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  return {
    operationId: `${version}${method}${resource}${subresource}`.replaceAll(/[^A-Za-z0-9]/g, ''),
    parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(method === 'PUT' && { requestBody: { content: { 'application/json': { schema: { type: 'object' } } } } }),
    responses: isStream
      ? { 101: { description: 'Switching Protocols: WebSocket, subprotocol plain.kubevirt.io' } }
      : { 200: { description: 'OK' }, 401: { description: 'Unauthorized' } },
  };
}

/** Version in the shape of Kubernetes' own (`version.Info`). `compiler` and `platform` are read by clients' checks. */
export function versionInfo(build: { gitCommit: string; buildDate: string }) {
  return {
    gitVersion: VERSION,
    gitCommit: build.gitCommit,
    gitTreeState: 'clean',
    buildDate: build.buildDate,
    goVersion: 'none',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
