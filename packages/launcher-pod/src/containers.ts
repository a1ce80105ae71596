import { type Context } from './context.ts';
import { podVolumes } from './volumes.ts';
import type { Container, VolumeMount } from './pod.ts';
import { containerProbe } from './probes.ts';
import { computeResources } from './resources.ts';
import { computeSecurityContext } from './security.ts';

/** Name of the container that the guest runs in. */
export const COMPUTE_CONTAINER = 'compute';

/** The guest's power-off takes at most this long unless the VMI says otherwise. */
const defaultGracePeriodSeconds = 30;

/** Seconds that the guest has to power off after it was asked to. */
export const gracePeriodSeconds = ({ vmi }: Pick<Context, 'vmi'>): number =>
  vmi.spec.terminationGracePeriodSeconds ?? defaultGracePeriodSeconds;

/** The launcher's container, with what others want mounted into it. */
export function computeContainer(context: Context, furtherMounts: VolumeMount[]): Container {
  const { vmi, namespace, name, uid, options, config } = context;
  const parts = podVolumes(context);
  const devices = parts.flatMap((part) => part.devices ?? []);
  const ports = computePorts(context);
  return {
    name: COMPUTE_CONTAINER,
    image: options.launcherImage,
    imagePullPolicy: config.imagePullPolicy,
    args: [
      '--namespace',
      namespace,
      '--name',
      name,
      '--uid',
      uid,
      '--grace-period-seconds',
      String(gracePeriodSeconds(context)),
      '--verbosity',
      String(logVerbosity(context)),
    ],
    env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    resources: computeResources(context),
    securityContext: computeSecurityContext,
    volumeMounts: [...parts.flatMap(({ mounts }) => mounts), ...furtherMounts],
    ...(devices.length > 0 ? { volumeDevices: devices } : {}),
    ...(ports.length > 0 ? { ports } : {}),
    readinessProbe: containerProbe(context, vmi.spec.readinessProbe),
    livenessProbe: containerProbe(context, vmi.spec.livenessProbe),
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}

/** The VMI's label speaks for one VM, the KubeVirt CR for all. */
function logVerbosity({ vmi, config }: Context): number {
  const own = Number(vmi.metadata.labels?.['logVerbosity']);
  return Number.isInteger(own) && own >= 0 ? own : config.developer.logVerbosity.virtLauncher;
}

function computePorts({ interfaces }: Context): NonNullable<Container['ports']> {
  return interfaces.flatMap(({ ports }) =>
    (ports ?? []).map(({ name, port, protocol }) => ({
      ...(name ? { name } : {}),
      containerPort: port,
      protocol: protocol ?? 'TCP',
    })),
  );
}
