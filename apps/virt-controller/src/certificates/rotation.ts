import type { CertificateLifetime } from '@quickvirt/config';

/** One CA certificate, as far as time goes. */
export interface DatedCertificate {
  readonly certificatePem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What there is of the CA. */
export interface AuthorityState {
  /** Signs leaves. Undefined when there is none, or it cannot be read. */
  readonly current: DatedCertificate | undefined;
  /** Takes over once everybody trusts it. */
  readonly next: DatedCertificate | undefined;
  /** What everybody is told to trust. */
  readonly bundle: readonly DatedCertificate[];
}

/** What to do about the CA, in this order. */
export type RotationStep = 'createCurrent' | 'createNext' | 'promoteNext';

/** What the CA should look like now. */
export interface RotationPlan {
  readonly step: RotationStep | undefined;
  /** Certificates to trust, PEM, oldest first; undefined when the bundle says so already. */
  readonly bundle: readonly string[] | undefined;
  /** When to look again. */
  readonly requeueAfterMs: number;
}

/** A certificate is good from a little before it was made: the clocks of two nodes differ. */
export const BACKDATE_MS = 5 * 60_000;
/** Time that a new CA spends in the bundle before it signs: kubelets refresh ConfigMaps about every minute. */
const TRUST_SPREADS_MS = 10 * 60_000;
/** Nothing tells a process that the clock was set: it looks again so often. It costs nothing when nothing is due. */
const LONGEST_WAIT_MS = 300_000;

/**
 * Keeps a CA in force. A new one is made when the old one's last part begins, is trusted beside it for a while, then
 * signs; the old one stays trusted until it ends, so nothing that it signed is ever refused before its time.
 */
export function planRotation(state: AuthorityState, lifetime: CertificateLifetime, now: Date): RotationPlan {
  const time = now.getTime();
  const alive = ({ notAfter }: DatedCertificate) => notAfter.getTime() > time;
  const current = state.current && alive(state.current) ? state.current : undefined;
  const next = state.next && alive(state.next) ? state.next : undefined;
  const bundle = newBundle(state, [current, next], alive);
  const plan = (step: RotationStep | undefined, dueAt: number): RotationPlan => ({
    step,
    bundle,
    requeueAfterMs: Math.min(LONGEST_WAIT_MS, Math.max(1000, dueAt - time)),
  });
  if (!current) return plan(next ? 'promoteNext' : 'createCurrent', time);
  const renewAt = current.notAfter.getTime() - lifetime.renewBeforeMs;
  if (!next) return time >= renewAt ? plan('createNext', time) : plan(undefined, renewAt);
  if (bundle) return plan(undefined, time);
  // A short-lived CA cannot wait that long: half of the time that is left for the change is given to trust.
  const latest = current.notAfter.getTime() - lifetime.renewBeforeMs / 2;
  const promoteAt = Math.min(next.notBefore.getTime() + BACKDATE_MS + TRUST_SPREADS_MS, latest);
  return time >= promoteAt ? plan('promoteNext', time) : plan(undefined, promoteAt);
}

function newBundle(
  state: AuthorityState,
  needed: readonly (DatedCertificate | undefined)[],
  alive: (certificate: DatedCertificate) => boolean,
): readonly string[] | undefined {
  const kept = state.bundle.filter(alive).map(({ certificatePem }) => certificatePem.trim());
  const wanted = [...kept];
  for (const certificate of needed) {
    const pem = certificate?.certificatePem.trim();
    if (pem !== undefined && !wanted.includes(pem)) wanted.push(pem);
  }
  const same = wanted.length === state.bundle.length && kept.length === state.bundle.length;
  return same ? undefined : wanted;
}
