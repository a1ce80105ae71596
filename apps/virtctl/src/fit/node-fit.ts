import {
  compareQuantities,
  formatQuantity,
  meetsRequirement,
  type Affinity,
  type NodeSelectorTerm,
  type ParsedQuantity,
  type Toleration,
  wholeUnits,
} from '@quickvirt/api';
import { amountsOf, podRequests, type Amounts, type RequestingPod } from './pod-requests.ts';

/** A pod to be placed. */
export interface WaitingPod extends RequestingPod {
  nodeSelector?: Readonly<Record<string, string>>;
  affinity?: Affinity;
  tolerations?: readonly Toleration[];
}

/** What of a node decides. */
export interface NodeFacts {
  name: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly { key: string; value?: string; effect: string }[];
  /** Cordoned. */
  unschedulable: boolean;
  allocatable: Readonly<Record<string, string>>;
  /** Pods that are bound to it and have not ended. */
  pods: readonly RequestingPod[];
}

/** The taint that a cordoned node stands for; a pod that tolerates it may run there all the same. */
const cordonTaint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/**
 * The first reason why a node cannot take a pod; undefined when it can. In the scheduler's order: taints, selector,
 * required node affinity, room. What other pods want (affinity between pods, topology spread) is not looked at.
 */
export function whyNot(pod: WaitingPod, node: NodeFacts): string | undefined {
  return untolerated(pod, node) ?? unselected(pod, node) ?? disliked(pod, node) ?? noRoom(pod, node);
}

function untolerated({ tolerations = [] }: WaitingPod, { taints, unschedulable }: NodeFacts): string | undefined {
  if (unschedulable && !isTolerated(cordonTaint, tolerations)) return 'it is cordoned';
  const taint = taints.find(({ effect, ...rest }) => {
    return effect !== 'PreferNoSchedule' && !isTolerated({ effect, ...rest }, tolerations);
  });
  return taint && `taint ${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect} is not tolerated`;
}

function isTolerated(taint: NodeFacts['taints'][number], tolerations: readonly Toleration[]): boolean {
  return tolerations.some(({ key, operator = 'Equal', value = '', effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (!key) return operator === 'Exists';
    return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''));
  });
}

function unselected({ nodeSelector = {} }: WaitingPod, { labels }: NodeFacts): string | undefined {
  const missing = Object.entries(nodeSelector).find(([key, value]) => labels[key] !== value);
  if (!missing) return undefined;
  const [key, value] = missing;
  return `label ${key}=${value} is needed, ${key in labels ? `it is ${JSON.stringify(labels[key])}` : 'and not there'}`;
}

function disliked({ affinity }: WaitingPod, node: NodeFacts): string | undefined {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required || required.nodeSelectorTerms.some((term) => meetsTerm(term, node))) return undefined;
  const failing = required.nodeSelectorTerms[0]?.matchExpressions?.find(
    (one) => !meetsRequirement(one, node.labels[one.key]),
  );
  const what = failing ? `: ${failing.key} ${failing.operator} ${(failing.values ?? []).join(', ')}`.trimEnd() : '';
  return `required node affinity is not met${what}`;
}

/** An empty term matches nothing. Fields know one key: the node's name. */
function meetsTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  { labels, name }: NodeFacts,
): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => meetsRequirement(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => requirement.key === 'metadata.name' && meetsRequirement(requirement, name))
  );
}

function noRoom(pod: WaitingPod, { allocatable, pods }: NodeFacts): string | undefined {
  const most = Number(allocatable['pods'] ?? Infinity);
  if (pods.length >= most) return `it has ${pods.length} pods and takes no more than ${most}`;
  const offered = amountsOf(allocatable);
  const taken = pods.map(podRequests);
  for (const [resource, wanted] of podRequests(pod)) {
    if (wanted.nano === 0n) continue;
    const all = offered.get(resource);
    if (!all) return `it offers no ${resource}`;
    const free = lessTaken(resource, all, taken);
    if (compareQuantities(wanted, free) > 0) {
      const amounts = `${inWords(resource, wanted)} asked, ${inWords(resource, free)} of ${inWords(resource, all)} free`;
      return `not enough ${resource}: ${amounts}`;
    }
  }
  return undefined;
}

const MIB = 1024n * 1024n;

/** Bytes as MiB: an odd amount has no shorter form of its own. */
function inWords(resource: string, amount: ParsedQuantity): string {
  const isBytes = ['memory', 'ephemeral-storage'].includes(resource) || resource.startsWith('hugepages-');
  return isBytes ? `${wholeUnits(amount) / MIB}Mi` : formatQuantity(amount);
}

function lessTaken(resource: string, all: ParsedQuantity, taken: readonly Amounts[]): ParsedQuantity {
  return { ...all, nano: taken.reduce((left, amounts) => left - (amounts.get(resource)?.nano ?? 0n), all.nano) };
}
