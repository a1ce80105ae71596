import type { KubeVirtSelfSignConfiguration } from '@quickvirt/api';
import { durationMsOr } from './read-values.ts';

/** How long a certificate lasts, and how long before its end it is renewed. */
export interface CertificateLifetime {
  readonly durationMs: number;
  readonly renewBeforeMs: number;
}

/** Lifetimes of our CA and of the leaf certificates it signs. */
export interface CertificateLifetimes {
  readonly ca: CertificateLifetime;
  readonly server: CertificateLifetime;
}

const hourMs = 3_600_000;

/** The lifetimes: a week for the CA and a day for leaves, renewed when a fifth is left. */
export function certificateLifetimesFrom(selfSigned: KubeVirtSelfSignConfiguration): CertificateLifetimes {
  const caMs = durationMsOr(selfSigned.ca?.duration ?? selfSigned.caRotateInterval, 168 * hourMs);
  const serverMs = durationMsOr(selfSigned.server?.duration ?? selfSigned.certRotateInterval, 24 * hourMs);
  return {
    ca: {
      durationMs: caMs,
      renewBeforeMs: durationMsOr(selfSigned.ca?.renewBefore ?? selfSigned.caOverlapInterval, caMs / 5),
    },
    server: { durationMs: serverMs, renewBeforeMs: durationMsOr(selfSigned.server?.renewBefore, serverMs / 5) },
  };
}
