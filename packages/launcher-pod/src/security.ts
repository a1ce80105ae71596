import type { V1PodSecurityContext } from '@kubernetes/client-node';
import type { Context } from './context.ts';
import { LAUNCHER_UID } from './paths.ts';
import type { SecurityContext } from './pod.ts';

/** The pod's security context: one unprivileged user for every container and every file of its volumes. */
export function podSecurityContext(context: Context): V1PodSecurityContext {
  const { config } = context;
  return {
    runAsUser: LAUNCHER_UID,
    runAsGroup: LAUNCHER_UID,
    fsGroup: LAUNCHER_UID,
    runAsNonRoot: true,
    ...(config.selinuxLauncherType ? { seLinuxOptions: { type: config.selinuxLauncherType } } : {}),
    seccompProfile: seccomp(context),
  };
}

/** The runtime's own profile, which Pod Security `restricted` asks for, unless the KubeVirt CR names a file of the node. */
function seccomp({ config }: Context): NonNullable<V1PodSecurityContext['seccompProfile']> {
  const localhostProfile = config.seccomp?.virtualMachineInstanceProfile?.customProfile?.localhostProfile;
  return localhostProfile ? { type: 'Localhost', localhostProfile } : { type: 'RuntimeDefault' };
}

/**
 * The launcher's container. NET_BIND_SERVICE is there for parity: with a user other than root it is in no effective set,
 * and low ports come from the node's net.ipv4.ip_unprivileged_port_start.
 */
export const computeSecurityContext: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
  runAsUser: LAUNCHER_UID,
  runAsGroup: LAUNCHER_UID,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
};

/** Every other container. */
export const sideSecurityContext: SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsUser: LAUNCHER_UID,
  runAsNonRoot: true,
  readOnlyRootFilesystem: true,
};
