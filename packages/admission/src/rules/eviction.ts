import { annotations, type EvictionStrategy, type VirtualMachineInstance } from '@quickvirt/api';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';

/** policy/v1 Eviction: it names the pod. */
export interface Eviction {
  metadata: { name: string; namespace?: string };
  deleteOptions?: { dryRun?: string[] };
}

interface Pod {
  metadata: { name: string; annotations?: Record<string, string>; ownerReferences?: { kind: string; name: string }[] };
  spec?: { nodeName?: string };
  status?: { phase?: string };
}

/** Prefix of the pods that attach volumes to a running guest. */
const attachmentPodPrefix = 'hp-volume-';

/**
 * Judges the eviction of a launcher or attachment pod. A guest that can move is moved instead: the answer is 429, which
 * a drain repeats until the pod is gone, and the instance is marked for its migration.
 */
export function validateEviction(request: AdmissionRequest<Eviction>): Verdict {
  const { object, config, facts = noFacts, dryRun } = request;
  const { name } = object.metadata;
  const namespace = object.metadata.namespace ?? 'default';
  const pod = facts.get<Pod>({ group: '', resource: 'pods', namespace, name });
  if (!pod || isFinished(pod)) return verdictOf([]);
  if (name.startsWith(attachmentPodPrefix)) return judgeAttachmentPod(pod, namespace, facts);
  const vmi = instanceOf(pod, namespace, facts);
  if (!vmi) return verdictOf([]);
  const answer = decide(vmi, pod, vmi.spec.evictionStrategy ?? config.evictionStrategy);
  if (answer === undefined) return verdictOf([]);
  const nodeName = vmi.status?.nodeName;
  const marks = answer.marks && nodeName && !dryRun && !object.deleteOptions?.dryRun?.length;
  return {
    ...refused(answer.message),
    ...(marks && { evacuation: { namespace, name: vmi.metadata.name ?? '', nodeName } }),
  };
}

function decide(
  vmi: VirtualMachineInstance,
  pod: Pod,
  strategy: EvictionStrategy,
): { message: string; marks: boolean } | undefined {
  const { name = '', namespace = '' } = vmi.metadata;
  const migratable = vmi.status?.conditions?.find(({ type }) => type === 'LiveMigratable')?.status === 'True';
  if (strategy === 'None' || (strategy === 'LiveMigrateIfPossible' && !migratable)) return undefined;
  if (strategy === 'LiveMigrate' && !migratable) {
    const message = `VMI ${name} is configured with an eviction strategy but is not live-migratable`;
    return { message, marks: false };
  }
  // What clients match on; the descheduler reads the first.
  if (vmi.status?.evacuationNodeName || vmi.status?.nodeName !== pod.spec?.nodeName) {
    return {
      message: `Evacuation in progress: Eviction of VMI "${namespace}/${name}" was asked for before`,
      marks: false,
    };
  }
  return { message: `Eviction triggered evacuation of VMI "${namespace}/${name}"`, marks: true };
}

function judgeAttachmentPod(pod: Pod, namespace: string, facts: ClusterFacts): Verdict {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === 'Pod');
  if (!owner) return verdictOf([]);
  const launcher = facts.get<Pod>({ group: '', resource: 'pods', namespace, name: owner.name });
  const vmi = launcher && !isFinished(launcher) ? instanceOf(launcher, namespace, facts) : undefined;
  if (!vmi) return verdictOf([]);
  return refused(
    `cannot evict hotplug pod: ${pod.metadata.name} holds volumes of VMI "${namespace}/${vmi.metadata.name}" and goes with it`,
  );
}

function instanceOf(pod: Pod, namespace: string, facts: ClusterFacts): VirtualMachineInstance | null | undefined {
  const name = pod.metadata.annotations?.[annotations.domain];
  if (!name) return undefined;
  return facts.get({ group: 'kubevirt.io', resource: 'virtualmachineinstances', namespace, name });
}

function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function refused(message: string): Verdict {
  return { causes: [], warnings: [], refusal: { code: 429, reason: 'TooManyRequests', message } };
}
