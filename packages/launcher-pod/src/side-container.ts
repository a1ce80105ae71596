import type { SupportContainerType } from '@quickvirt/api';
import type { Context } from './context.ts';
import type { SecurityContext } from './pod.ts';
import { isGuaranteed, limitsCpu } from './resources.ts';
import { sideSecurityContext } from './security.ts';

/** The part of a container that its type decides. */
export interface SideContainer {
  name: string;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  securityContext: SecurityContext;
}

/** What containers beside `compute` have in common: the cluster's resources for their type, and no rights. */
export function sideContainer(context: Context, name: string, type: SupportContainerType): SideContainer {
  return { name, resources: sideResources(context, type), securityContext: sideSecurityContext };
}

/** CPU limit of a container whose type has none, where the pod must have limits throughout. */
const DEMANDED_CPU_LIMIT = '100m';

/**
 * The cluster's requests and limits of a type. Where `compute` has dedicated CPUs the pod must be Guaranteed, so every
 * container's requests are its limits; there, and where a quota counts CPU limits, every container has one.
 */
function sideResources(context: Context, type: SupportContainerType): SideContainer['resources'] {
  const { requests, limits: configured } = context.config.supportContainers[type];
  const guaranteed = isGuaranteed(context);
  // Sidecars have no resources but those that the KubeVirt CR sets.
  const limits =
    type !== 'sidecar' && (guaranteed || limitsCpu(context)) ? { cpu: DEMANDED_CPU_LIMIT, ...configured } : configured;
  return guaranteed
    ? { requests: { ...requests, ...limits }, limits: { ...limits } }
    : { requests: { ...requests }, limits: { ...limits } };
}
