import { kubevirtConditions, VERSION, type KubeVirt, type KubeVirtPhase, type KubeVirtStatus } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { timestamp, type DaemonSet, type Decision, type Deployment } from '@quickvirt/kube';
import { sameConditions, withTransitionTimes, type WantedCondition } from '../conditions.ts';
import { certificatesCurrent, type CertificatesObserved } from './certificates-current.ts';

/** The installation as the KubeVirt controller sees it. */
export interface KubevirtObserved {
  readonly kubevirt: KubeVirt;
  readonly config: ClusterConfig;
  readonly deployments: Readonly<Record<'virt-api' | 'virt-controller', Deployment | undefined>>;
  readonly handlers: DaemonSet | undefined;
  readonly certificates: CertificatesObserved;
}

/** Writes the KubeVirt object's status; refused when the object changed since it was read. */
export interface KubevirtEffect {
  readonly type: 'patchStatus';
  readonly kubevirt: KubeVirt;
  readonly status: KubeVirtStatus;
}

/** How one of our workloads is. */
type Health = 'missing' | 'unavailable' | 'rollingOut' | 'degraded' | 'ready';

/** Decides about the status of the installation. */
export function decideKubevirt(observed: KubevirtObserved, now: Date): Decision<KubevirtEffect> {
  const { kubevirt, config } = observed;
  const current = kubevirt.status ?? {};
  const health = healthOf(observed);
  const certificates = certificatesCurrent(observed.certificates, now);
  const conditions = [...kubevirtConditionsFor(health), certificates.condition];
  const recheck = { requeueAfterMs: certificates.recheckInMs };
  const wanted: KubeVirtStatus = {
    phase: phaseFor(kubevirt, health),
    observedGeneration: kubevirt.metadata.generation,
    operatorVersion: VERSION,
    observedKubeVirtVersion: VERSION,
    targetKubeVirtVersion: VERSION,
    defaultArchitecture: config.defaultArchitecture,
  };
  const same =
    sameConditions(current.conditions, conditions) &&
    Object.entries(wanted).every(([field, value]) => current[field as keyof KubeVirtStatus] === value);
  if (same) return { effects: [], ...recheck };
  const status = { ...wanted, conditions: withTransitionTimes(conditions, current.conditions, timestamp(now)) };
  return { effects: [{ type: 'patchStatus', kubevirt, status }], ...recheck };
}

function healthOf({ deployments, handlers }: KubevirtObserved): Record<string, Health> {
  return {
    'Deployment virt-api': deploymentHealth(deployments['virt-api']),
    'Deployment virt-controller': deploymentHealth(deployments['virt-controller']),
    'DaemonSet virt-handler': daemonSetHealth(handlers),
  };
}

function deploymentHealth(deployment: Deployment | undefined): Health {
  if (!deployment) return 'missing';
  const wanted = deployment.spec?.replicas ?? 1;
  const { availableReplicas = 0, updatedReplicas = 0, observedGeneration = 0 } = deployment.status ?? {};
  if (availableReplicas === 0 && wanted > 0) return 'unavailable';
  if (observedGeneration < (deployment.metadata.generation ?? 0) || updatedReplicas < wanted) return 'rollingOut';
  return availableReplicas < wanted ? 'degraded' : 'ready';
}

function daemonSetHealth(daemonSet: DaemonSet | undefined): Health {
  if (!daemonSet) return 'missing';
  const status = daemonSet.status;
  const [wanted, available] = [status?.desiredNumberScheduled ?? 0, status?.numberAvailable ?? 0];
  if (available === 0 && wanted > 0) return 'unavailable';
  if ((status?.observedGeneration ?? 0) < (daemonSet.metadata.generation ?? 0)) return 'rollingOut';
  if ((status?.updatedNumberScheduled ?? 0) < wanted) return 'rollingOut';
  return available < wanted ? 'degraded' : 'ready';
}

/** Deployed once everything was ready, and from then on: a node that is down does not undo the installation. */
function phaseFor(kubevirt: KubeVirt, health: Record<string, Health>): KubeVirtPhase {
  if (kubevirt.metadata.deletionTimestamp) return 'Deleting';
  if (kubevirt.status?.phase === 'Deployed') return 'Deployed';
  return Object.values(health).every((one) => one === 'ready' || one === 'degraded') ? 'Deployed' : 'Deploying';
}

function kubevirtConditionsFor(health: Record<string, Health>): WantedCondition[] {
  const having = (...kinds: Health[]) => Object.keys(health).filter((name) => kinds.includes(health[name] as Health));
  const missing = having('missing');
  const unavailable = having('missing', 'unavailable');
  const progressing = having('missing', 'unavailable', 'rollingOut');
  const degraded = having('missing', 'unavailable', 'degraded');
  const { created, available, progressing: progress, degraded: degrade } = kubevirtConditions;
  return [
    verdict(created, missing, ['AllResourcesCreated', 'all components exist'], ['NotAllResourcesCreated', 'missing']),
    verdict(
      available,
      unavailable,
      ['AllComponentsReady', 'all components are ready'],
      ['ComponentsNotReady', 'no pod is available of'],
    ),
    inverse(
      progress,
      progressing,
      ['AllComponentsReady', 'all components are ready'],
      ['ComponentsRollingOut', 'rolling out'],
    ),
    inverse(
      degrade,
      degraded,
      ['AllComponentsReady', 'all components are ready'],
      ['ComponentsDegraded', 'pods are missing of'],
    ),
  ];
}

type Words = readonly [reason: string, message: string];

/** True when nothing is in the way. */
function verdict(type: string, obstacles: readonly string[], good: Words, bad: Words): WantedCondition {
  const [reason, message] = obstacles.length === 0 ? good : bad;
  const status = obstacles.length === 0 ? 'True' : 'False';
  return { type, status, reason, message: obstacles.length === 0 ? message : `${message}: ${obstacles.join(', ')}` };
}

/** False when nothing is in the way. */
function inverse(type: string, obstacles: readonly string[], good: Words, bad: Words): WantedCondition {
  const judged = verdict(type, obstacles, good, bad);
  return { ...judged, status: judged.status === 'True' ? 'False' : 'True' };
}
