import type { SupportContainerType } from '@quickvirt/api';
import type { Context } from './context.ts';
import type { SecurityContext } from './pod.ts';
import { sideSecurityContext } from './security.ts';

/** The part of a container that its type decides. */
export interface SideContainer {
  name: string;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: SecurityContext;
}

/** What containers beside `compute` have in common: the cluster's resources for their type, and no rights. */
export function sideContainer(context: Context, name: string, type: SupportContainerType): SideContainer {
  return { name, resources: sideResources(context, type), securityContext: sideSecurityContext(context) };
}

/**
 * The cluster's requests and limits of a type. Where `compute` has dedicated CPUs the pod must be Guaranteed, so every
 * container's requests are its limits.
 */
function sideResources(
  { config, dedicatedCpus, vmi }: Context,
  type: SupportContainerType,
): SideContainer['resources'] {
  const { requests, limits } = config.supportContainers[type];
  const own = vmi.spec.domain.resources ?? {};
  const guaranteed =
    dedicatedCpus ||
    ['cpu', 'memory'].every(
      (name) => own.limits?.[name] !== undefined && String(own.limits[name]) === String(own.requests?.[name]),
    );
  return guaranteed
    ? { requests: { ...requests, ...limits }, limits: { ...limits } }
    : { requests: { ...requests }, limits: { ...limits } };
}
