import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { KubeClient } from '@quickvirt/kube';
import { accessReview, denialReason } from './authorization.ts';
import { callerFrom, isFrontProxy, type Caller, type FrontProxyTrust } from './front-proxy.ts';
import { methodNotAllowed, noSuchPath, RequestRefused, unauthorized } from './status.ts';
import { familyOf } from './subresources/families.ts';
import type { SubresourceFamily } from './subresources/family.ts';
import { parseSubresourcePath, type SubresourcePath } from './subresources/subresource-request.ts';

export interface GateOptions {
  client: Pick<KubeClient, 'create'>;
  /** What the cluster says of its front proxy now; undefined while it says nothing: then nobody is let in. */
  trust: () => FrontProxyTrust | undefined;
}

/** A request for a subresource that may go on. */
export interface AdmittedCall {
  caller: Caller;
  path: SubresourcePath;
  family: SubresourceFamily;
}

/**
 * Lets a request for a subresource pass: it must come through the API server's front proxy, name a caller, name a
 * subresource that exists, and RBAC must allow that caller this very subresource.
 * @throws RequestRefused 401 (also where RBAC says no), 404, 405.
 */
export async function admitCall(
  request: IncomingMessage,
  pathname: string,
  options: GateOptions,
): Promise<AdmittedCall> {
  const caller = authenticate(request, options.trust());
  const path = parseSubresourcePath(pathname);
  const family = path && familyOf(path);
  if (!path || !family) throw new RequestRefused(noSuchPath(pathname));
  const method = request.method ?? '';
  const review = accessReview(caller, method, path);
  const denial = review ? await denialReason(options.client, review) : undefined;
  if (denial !== undefined) throw new RequestRefused(unauthorized(denial));
  if (method !== family.method) throw new RequestRefused(methodNotAllowed(method, family.method));
  return { caller, path, family };
}

function authenticate(request: IncomingMessage, trust: FrontProxyTrust | undefined): Caller {
  const isProxied = trust !== undefined && isFrontProxy(request.socket as TLSSocket, trust);
  const caller = isProxied ? callerFrom(request.headersDistinct, trust) : undefined;
  if (!caller) throw new RequestRefused(unauthorized('request is not authenticated'));
  return caller;
}
