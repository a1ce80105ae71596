import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Pod } from '@quickvirt/kube';

/** Time the launcher has, after the guest's grace period, to destroy the domain and write its exit record. */
const SHUTDOWN_MARGIN_SECONDS = 15;
/** What the launcher pod's own grace period has beyond the guest's. */
const RENDERED_MARGIN_SECONDS = 30;
const DEFAULT_GRACE_SECONDS = 30;

/** How long the guest of this instance may take to power off. Default of the field, per its API documentation: 30 s. */
function guestGraceSeconds(vmi: VirtualMachineInstance): number {
  return vmi.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
}

/** The longest that the kubelet lets a launcher pod of this instance live once it is to end, in milliseconds. */
export function longestPodEndMs(vmi: VirtualMachineInstance): number {
  return (guestGraceSeconds(vmi) + RENDERED_MARGIN_SECONDS) * 1_000;
}

/**
 * The grace period for deleting a launcher pod. virt-launcher was told the guest's grace period when it started; if the
 * instance asks for a shorter one since, the kubelet must cut it short, so the margin is left out.
 */
export function podGraceSeconds(vmi: VirtualMachineInstance, pod: Pod): number {
  const guestGrace = guestGraceSeconds(vmi);
  const told = (pod.spec?.terminationGracePeriodSeconds ?? Infinity) - RENDERED_MARGIN_SECONDS;
  const shortened = guestGrace < told && told !== Infinity;
  return shortened ? Math.max(1, guestGrace) : Math.max(1, guestGrace) + SHUTDOWN_MARGIN_SECONDS;
}
