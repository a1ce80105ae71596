import { kubevirtConditions } from '@quickvirt/api';
import type { CertificateValidity } from '@quickvirt/kube';
import type { Leaf } from '../../certificates/leaves.ts';
import type { WantedCondition } from '../conditions.ts';

/** What is known of the installation's certificates. */
export interface CertificatesObserved {
  /** The CA that signs. */
  readonly authority: CertificateValidity | undefined;
  readonly leaves: readonly Leaf[];
}

/** The CA is renewed when a fifth of its life is left, a leaf when a third is; the alert has the same number. */
const LAST_PART = 0.15;
/** Nothing tells of a clock that was set. */
const LONGEST_RECHECK_MS = 3_600_000;
/** A virt-handler that lives renews its Lease twice in this time. */
const SEEN_AGAIN_MS = 60_000;
const NAMED_AT_MOST = 5;

/**
 * Whether the CA and every leaf were renewed in time, and when to look again. A leaf whose holder has not been seen since it
 * was due is none's fault: its node is down. Pure.
 */
export function certificatesCurrent(
  { authority, leaves }: CertificatesObserved,
  now: Date,
): { condition: WantedCondition; recheckInMs: number } {
  if (!authority) return verdict('NoAuthority', 'there is no CA yet: virt-controller makes it', LONGEST_RECHECK_MS);
  const judged = [{ holder: 'the CA', ...authority }, ...leaves].map((certificate) => ({
    certificate,
    ...judge(certificate, now),
  }));
  const recheckInMs = Math.min(LONGEST_RECHECK_MS, ...judged.map(({ againInMs }) => againInMs));
  const overdue = judged.filter(({ isOverdue }) => isOverdue).map(({ certificate }) => certificate);
  if (overdue.length === 0) return verdict('RenewedInTime', 'certificates are renewed in time', recheckInMs);
  const named = overdue
    .slice(0, NAMED_AT_MOST)
    .map(({ holder, notAfter }) => `${holder} until ${notAfter.toISOString()}`);
  const more = overdue.length > named.length ? ` and ${overdue.length - named.length} more` : '';
  const logs = overdue[0]?.holder === 'the CA' ? 'virt-controller' : 'virt-controller and of the pod';
  const message = `certificates that were not renewed in time: ${named.join(', ')}${more}; see the log of ${logs}`;
  return verdict('NotRenewed', message, recheckInMs);
}

function judge({ notBefore, notAfter, seenAt }: Leaf, now: Date): { isOverdue: boolean; againInMs: number } {
  const dueAt = notAfter.getTime() - LAST_PART * (notAfter.getTime() - notBefore.getTime());
  const leftMs = dueAt - now.getTime();
  if (leftMs > 0) return { isOverdue: false, againInMs: leftMs };
  if (!seenAt || seenAt.getTime() >= dueAt) return { isOverdue: true, againInMs: Infinity };
  return { isOverdue: false, againInMs: now < notAfter ? SEEN_AGAIN_MS : Infinity };
}

function verdict(
  reason: 'NoAuthority' | 'NotRenewed' | 'RenewedInTime',
  message: string,
  recheckInMs: number,
): { condition: WantedCondition; recheckInMs: number } {
  const status = reason === 'RenewedInTime' ? 'True' : 'False';
  return { condition: { type: kubevirtConditions.certificatesCurrent, status, reason, message }, recheckInMs };
}
