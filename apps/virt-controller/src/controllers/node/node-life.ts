import { annotations } from '@quickvirt/api';
import type { Node } from '@quickvirt/kube';

/** What may be believed of a node's guests. */
export type NodeLife =
  /** They run, or would be told of. */
  | { readonly state: 'alive' }
  /** Nobody hears of them: they may run, so nothing may take their place. */
  | { readonly state: 'unresponsive'; readonly message: string }
  /** The node is proved off: they do not run. */
  | { readonly state: 'off'; readonly message: string };

/** All that a node's life is judged by. */
export interface NodeFacts {
  readonly nodeName: string;
  /** The Node object; undefined when the API server says that there is none. */
  readonly node: Node | undefined;
  /** Since the node's virt-handler last renewed its Lease; Infinity when it never did. */
  readonly heartbeatAgeMs: number;
}

/** So old a Lease means that nobody looks after the node's guests: `spec.leaseDurationSeconds` that virt-handler writes. */
export const HEARTBEAT_STALE_MS = 90_000;
/**
 * A virt-handler that renewed its Lease less long ago (it does so every 30 s) was alive a moment ago, whatever is said of
 * its node. Short enough that a guest runs elsewhere within 60 s of a proof that comes with the node's very end.
 */
export const HEARTBEAT_MISSED_MS = 40_000;

const ALIVE: NodeLife = { state: 'alive' };
/** What an operator sets on a node that is powered off. Source: kubernetes.io, "Non-graceful node shutdown". */
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/**
 * Judges a node, and says when time alone may change the verdict. A proof counts only where nothing contradicts it: a
 * kubelet that reports Ready, or a virt-handler that renewed its Lease a moment ago, lives.
 */
export function judgeNode(facts: NodeFacts): { life: NodeLife; recheckInMs?: number } {
  const { nodeName, node, heartbeatAgeMs } = facts;
  if (node && isReady(node)) return { life: ALIVE };
  const proof = node ? proofOf(node) : 'its Node object was deleted';
  const missedInMs = HEARTBEAT_MISSED_MS - heartbeatAgeMs;
  if (proof && missedInMs <= 0) return { life: { state: 'off', message: `node ${nodeName} is off: ${proof}` } };
  const staleInMs = HEARTBEAT_STALE_MS - heartbeatAgeMs;
  if (staleInMs > 0) return { life: ALIVE, recheckInMs: proof ? missedInMs : staleInMs };
  return { life: { state: 'unresponsive', message: unresponsive(nodeName) } };
}

/** Whether a taint or annotation says that the node is off; undefined when nothing does. */
function proofOf({ metadata, spec, status }: Node): string | undefined {
  if (spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE)) return `it has the taint ${OUT_OF_SERVICE}`;
  // Said of one boot: void as soon as the node has booted again, so that nobody needs to take it back.
  const boot = metadata.annotations?.[annotations.fencedBoot];
  if (boot && boot === status?.nodeInfo?.bootID)
    return `the annotation ${annotations.fencedBoot} says so of its boot ${boot}`;
  return undefined;
}

function isReady({ status }: Node): boolean {
  return status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
}

function unresponsive(nodeName: string): string {
  return (
    `node ${nodeName} does not answer, so nobody knows whether the guest runs; it is not started elsewhere until the ` +
    `node is back or proved off: make sure that it is, then delete the Node object or taint it: ` +
    `kubectl taint node ${nodeName} ${OUT_OF_SERVICE}=nodeshutdown:NoExecute`
  );
}
