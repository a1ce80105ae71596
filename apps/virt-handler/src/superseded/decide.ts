import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Decision } from '@quickvirt/kube';
import type { DomainPhase } from '@quickvirt/rpc';

/** A launcher of this node, and the instance that its guest is of. */
export interface SupersededObserved {
  readonly podUid: string;
  readonly domainPhase: DomainPhase;
  /** The instance of the domain's name as the API server has it now; undefined when there is none. */
  readonly vmi: VirtualMachineInstance | undefined;
}

/** Ends the guest of that pod at once. `why` is for the log. */
export interface SupersededEffect {
  readonly type: 'destroyDomain';
  readonly podUid: string;
  readonly why: string;
}

/** Phases in which QEMU runs, or may run on. */
const HAS_GUEST: readonly DomainPhase[] = ['DOMAIN_PHASE_RUNNING', 'DOMAIN_PHASE_PAUSED', 'DOMAIN_PHASE_SHUTTING_DOWN'];

/**
 * A guest whose instance is gone, has ended for the cluster, or is another pod's by now may run elsewhere with the same
 * disks: it is ended at once, without asking it to write anything more.
 */
export function decideSuperseded({ podUid, domainPhase, vmi }: SupersededObserved): Decision<SupersededEffect> {
  const why = HAS_GUEST.includes(domainPhase) ? supersededBy(podUid, vmi) : undefined;
  return { effects: why === undefined ? [] : [{ type: 'destroyDomain', podUid, why }] };
}

function supersededBy(podUid: string, vmi: VirtualMachineInstance | undefined): string | undefined {
  if (!vmi) return 'its instance is gone';
  const { phase, activePods = {} } = vmi.status ?? {};
  if (!Object.hasOwn(activePods, podUid)) return 'its instance is of another pod';
  if (phase === 'Failed' || phase === 'Succeeded') return `its instance is ${phase}`;
  return undefined;
}
