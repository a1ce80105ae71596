import type { V1PodSecurityContext } from '@kubernetes/client-node';
import type { Context } from './context.ts';
import { LAUNCHER_UID } from './paths.ts';
import type { SecurityContext } from './pod.ts';

/** The pod's security context: one unprivileged user for every container and every file of its volumes. */
export function podSecurityContext(context: Context): V1PodSecurityContext {
  const { config } = context;
  const seccompProfile = seccomp(context);
  return {
    runAsUser: LAUNCHER_UID,
    runAsGroup: LAUNCHER_UID,
    fsGroup: LAUNCHER_UID,
    runAsNonRoot: true,
    ...(config.selinuxLauncherType ? { seLinuxOptions: { type: config.selinuxLauncherType } } : {}),
    ...(seccompProfile ? { seccompProfile } : {}),
  };
}

function seccomp({ config, hardening }: Context): V1PodSecurityContext['seccompProfile'] {
  const profile = config.seccomp?.virtualMachineInstanceProfile?.customProfile;
  if (profile?.localhostProfile) return { type: 'Localhost', localhostProfile: profile.localhostProfile };
  return profile?.runtimeDefaultProfile === true || hardening.seccompRuntimeDefault
    ? { type: 'RuntimeDefault' }
    : undefined;
}

/**
 * The launcher's container. NET_BIND_SERVICE is there for parity: with a user other than root it is in no effective set,
 * and low ports come from the node's net.ipv4.ip_unprivileged_port_start.
 */
export function computeSecurityContext({ hardening }: Context): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    runAsUser: LAUNCHER_UID,
    runAsGroup: LAUNCHER_UID,
    runAsNonRoot: true,
    ...(hardening.readOnlyRootFilesystem ? { readOnlyRootFilesystem: true } : {}),
  };
}

/** Every other container. */
export function sideSecurityContext({ hardening }: Context): SecurityContext {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsUser: LAUNCHER_UID,
    runAsNonRoot: true,
    ...(hardening.readOnlyRootFilesystem ? { readOnlyRootFilesystem: true } : {}),
  };
}
