import {
  virtualMachineInstanceReplicaSets,
  virtualMachineInstances,
  virtualMachinePools,
  virtualMachines,
} from '@quickvirt/api';
import type { ResourceType } from '@quickvirt/kube';

/**
 * The kinds that hold guests, makers before what they make: deleted in this order, nothing is made again behind us.
 * Migrations, snapshots and the like hang on these and hold no guest of their own.
 */
export const WORKLOAD_KINDS: readonly ResourceType[] = [
  virtualMachinePools,
  virtualMachineInstanceReplicaSets,
  virtualMachines,
  virtualMachineInstances,
];

/** One object that holds a guest. */
export interface Workload {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Already told to go. */
  readonly deleting: boolean;
}

/** What to do about workloads before an uninstall: the chart's value `uninstall.workloads`. */
export type WorkloadPolicy = 'block' | 'remove';

/** What the hook does next. */
export type PreDeleteStep =
  | { readonly type: 'proceed' }
  | { readonly type: 'refuse'; readonly message: string }
  | { readonly type: 'remove'; readonly workloads: readonly Workload[] }
  | { readonly type: 'wait' };

/** Names in a message; a cluster may have thousands. */
const NAMED_AT_MOST = 10;

/**
 * What to do with what there is. Pure; asked again after every change.
 * @param namespace where the KubeVirt object is, for the message.
 */
export function nextStep(workloads: readonly Workload[], policy: WorkloadPolicy, namespace: string): PreDeleteStep {
  if (workloads.length === 0) return { type: 'proceed' };
  if (policy === 'block') return { type: 'refuse', message: refusal(workloads, namespace) };
  const standing = workloads.filter(({ deleting }) => !deleting);
  return standing.length > 0 ? { type: 'remove', workloads: standing } : { type: 'wait' };
}

/**
 * The policy that counts: the KubeVirt object's where it says one, because that can still be changed when the release
 * cannot; else the chart's value. Pure.
 * @param strategies `spec.uninstallStrategy` of every KubeVirt object; one that blocks is enough.
 */
export function workloadPolicy(value: WorkloadPolicy, strategies: readonly (string | undefined)[]): WorkloadPolicy {
  if (strategies.includes('BlockUninstallIfWorkloadsExist')) return 'block';
  return strategies.includes('RemoveWorkloads') ? 'remove' : value;
}

function refusal(workloads: readonly Workload[], namespace: string): string {
  return (
    `QuickVirt is not uninstalled, because there are virtual machines: ${namesOf(workloads)}. Nothing was changed. ` +
    'Delete them and uninstall again. Or have them all shut down and deleted: ' +
    `kubectl -n ${namespace} patch kubevirt kubevirt --type merge -p '{"spec":{"uninstallStrategy":"RemoveWorkloads"}}', ` +
    `then uninstall again. To keep QuickVirt after all: helm -n ${namespace} rollback RELEASE REVISION, ` +
    'with the last revision that helm history shows.'
  );
}

/** The first objects of a list by kind, namespace and name, and how many more there are. Pure. */
export function namesOf(workloads: readonly Workload[]): string {
  const named = workloads
    .slice(0, NAMED_AT_MOST)
    .map(({ type, namespace, name }) => `${type.kind} ${namespace}/${name}`)
    .join(', ');
  const more = workloads.length - NAMED_AT_MOST;
  return more > 0 ? `${named} and ${more} more` : named;
}
