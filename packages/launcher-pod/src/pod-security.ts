import type { V1PodSpec } from '@kubernetes/client-node';

/** A level of the Pod Security Standards. */
export type PodSecurityLevel = 'restricted' | 'baseline' | 'privileged';

/** The strictest level whose namespaces take a pod, and what keeps it from the stricter ones. */
export interface PodSecurity {
  level: PodSecurityLevel;
  /** Each names a field of the pod and what would have to change; none when the level is `restricted`. */
  reasons: string[];
}

/** SELinux types that `baseline` allows (Pod Security Standards, "SELinux"). */
const SELINUX_TYPES: readonly string[] = ['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
/** Kinds of volumes that `restricted` allows ("Volume Types"), as far as a VMI can ask for others. */
const FORBIDDEN_VOLUMES = ['hostPath'] as const;
/** Sysctls that `baseline` allows are set by no pod of ours; the one capability that `restricted` allows. */
const ALLOWED_CAPABILITY = 'NET_BIND_SERVICE';

interface Finding {
  level: Exclude<PodSecurityLevel, 'restricted'>;
  reason: string;
}

/**
 * Which level of Pod Security a launcher pod needs of its namespace, by the rules that its parts can break
 * (kubernetes.io/docs/concepts/security/pod-security-standards).
 */
export function podSecurityOf(
  spec: Pick<V1PodSpec, 'securityContext' | 'containers' | 'initContainers' | 'volumes'>,
): PodSecurity {
  const findings = [...volumeFindings(spec.volumes), ...contextFindings(spec)];
  for (const { name, securityContext } of [...(spec.initContainers ?? []), ...spec.containers]) {
    const field = `container ${name}`;
    if (securityContext?.privileged === true) {
      findings.push({ level: 'privileged', reason: `${field} is privileged` });
    }
    if (securityContext?.allowPrivilegeEscalation !== false) {
      findings.push({ level: 'baseline', reason: `${field} may gain privileges (allowPrivilegeEscalation)` });
    }
    if (securityContext?.capabilities?.drop?.includes('ALL') !== true) {
      findings.push({ level: 'baseline', reason: `${field} does not drop all capabilities` });
    }
    for (const capability of securityContext?.capabilities?.add ?? []) {
      if (capability !== ALLOWED_CAPABILITY) {
        findings.push({ level: 'privileged', reason: `${field} asks for the capability ${capability}` });
      }
    }
  }
  const level = findings.some((one) => one.level === 'privileged')
    ? 'privileged'
    : findings.length > 0
      ? 'baseline'
      : 'restricted';
  return { level, reasons: findings.map(({ reason }) => reason) };
}

function volumeFindings(volumes: V1PodSpec['volumes'] = []): Finding[] {
  return volumes.flatMap((volume) =>
    FORBIDDEN_VOLUMES.filter((kind) => volume[kind] !== undefined).map((kind) => ({
      level: 'privileged' as const,
      reason: `volume ${volume.name} is a ${kind}: use a PersistentVolumeClaim instead`,
    })),
  );
}

function contextFindings({ securityContext }: Pick<V1PodSpec, 'securityContext'>): Finding[] {
  const findings: Finding[] = [];
  const selinux = securityContext?.seLinuxOptions?.type;
  if (selinux !== undefined && !SELINUX_TYPES.includes(selinux)) {
    findings.push({
      level: 'privileged',
      reason: `the SELinux type ${selinux} (selinuxLauncherType of the KubeVirt CR) is not one of ${SELINUX_TYPES.join(', ')}`,
    });
  }
  if (securityContext?.runAsNonRoot !== true) findings.push({ level: 'baseline', reason: 'it may run as root' });
  if (securityContext?.seccompProfile === undefined || securityContext.seccompProfile.type === 'Unconfined') {
    findings.push({ level: 'baseline', reason: 'it has no seccomp profile' });
  }
  return findings;
}
