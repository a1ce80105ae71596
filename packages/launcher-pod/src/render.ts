import { annotations, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { computeContainer, gracePeriodSeconds } from './containers.ts';
import { contextOf, type Context } from './context.ts';
import { metadata } from './metadata.ts';
import { guestHostname } from './names.ts';
import type { RenderOptions } from './options.ts';
import { affinity, nodeSelector } from './placement.ts';
import { digestResolution } from './digest-resolution.ts';
import { hookSidecars } from './hook-sidecars.ts';
import { guestConsoleLog } from './guest-console-log.ts';
import { virtiofsContainers } from './virtiofs-containers.ts';
import type { Pod } from './pod.ts';
import { podSecurityContext } from './security.ts';
import { podVolumes } from './volumes.ts';

/**
 * Seconds that a pod lives on beyond the guest's own grace period: one half for the launcher to end QEMU and write its
 * exit record, one half for the kubelet.
 */
const endMarginSeconds = 30;

/**
 * The pod that runs a VMI, the same for the same arguments. It passes Pod Security `restricted` unless the VMI asks for
 * what that forbids (a hostDisk).
 * @throws RenderError that names the field when something the VMI needs is not there.
 */
export function renderLauncherPod(vmi: VirtualMachineInstance, config: ClusterConfig, options: RenderOptions): Pod {
  const context = contextOf(vmi, config, options);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(context),
    spec: {
      ...policies(context),
      ...scheduling(context),
      ...identity(context),
      securityContext: podSecurityContext(context),
      ...containersAndVolumes(context),
    },
  };
}

/** `compute` comes first: tools that know no better look at the first container. */
function containersAndVolumes(context: Context): Pick<Pod['spec'], 'containers' | 'initContainers' | 'volumes'> {
  const digests = digestResolution(context);
  const hooks = hookSidecars(context);
  const initContainers = [...guestConsoleLog(context), ...digests.containers];
  return {
    ...(initContainers.length > 0 ? { initContainers } : {}),
    containers: [computeContainer(context, hooks.computeMounts), ...virtiofsContainers(context), ...hooks.containers],
    volumes: [...podVolumes(context).map(({ volume }) => volume), ...digests.volumes, ...hooks.volumes],
  };
}

function policies(context: Context): Partial<Pod['spec']> {
  const { config } = context;
  return {
    restartPolicy: 'Never',
    // A paused guest's pod leaves its services: virt-controller sets the condition of this name.
    readinessGates: [{ conditionType: annotations.virtualMachineUnpaused }],
    enableServiceLinks: false,
    terminationGracePeriodSeconds: gracePeriodSeconds(context) + endMarginSeconds,
    ...(config.defaultRuntimeClass ? { runtimeClassName: config.defaultRuntimeClass } : {}),
  };
}

function scheduling(context: Context): Partial<Pod['spec']> {
  const { spec } = context.vmi;
  return {
    nodeSelector: nodeSelector(context),
    affinity: affinity(context),
    tolerations: spec.tolerations,
    topologySpreadConstraints: spec.topologySpreadConstraints,
    schedulerName: spec.schedulerName,
    priorityClassName: spec.priorityClassName,
    resourceClaims: spec.resourceClaims,
  };
}

function identity(context: Context): Partial<Pod['spec']> {
  const { vmi, volumes, config } = context;
  const serviceAccount = volumes.find((volume) => volume.serviceAccount !== undefined)?.serviceAccount
    ?.serviceAccountName;
  const pullSecrets = new Set([
    ...config.imagePullSecrets.flatMap(({ name }) => name ?? []),
    ...volumes.flatMap(({ containerDisk }) => containerDisk?.imagePullSecret ?? []),
    ...(vmi.spec.domain.firmware?.kernelBoot?.container?.imagePullSecret
      ? [vmi.spec.domain.firmware.kernelBoot.container.imagePullSecret]
      : []),
  ]);
  return {
    hostname: guestHostname(vmi),
    subdomain: vmi.spec.subdomain,
    dnsPolicy: vmi.spec.dnsPolicy,
    dnsConfig: vmi.spec.dnsConfig,
    serviceAccountName: serviceAccount ?? vmi.spec.serviceAccountName,
    automountServiceAccountToken: serviceAccount !== undefined || usesIstio(vmi),
    ...(pullSecrets.size > 0 ? { imagePullSecrets: [...pullSecrets].map((name) => ({ name })) } : {}),
  };
}

/** Istio's proxy proves who it is by the pod's token. */
const usesIstio = (vmi: VirtualMachineInstance): boolean =>
  vmi.metadata.annotations?.['sidecar.istio.io/inject']?.toLowerCase() === 'true';
