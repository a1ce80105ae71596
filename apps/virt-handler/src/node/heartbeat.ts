import { annotations } from '@quickvirt/api';
import { leases, systemClock, timestamp, type ApiClient, type CertificateValidity, type Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';

export interface HeartbeatOptions {
  client: ApiClient;
  namespace: string;
  nodeName: string;
  /** This pod, as the Lease's holder. */
  podName: string;
  /** What this node serves with, once it has any: told along, so that somebody sees one that is not renewed. */
  certificate?: () => CertificateValidity | undefined;
  logger: Logger;
  clock?: Clock;
}

/** A Lease that is older means that nobody looks after the node's guests. */
const LEASE_DURATION_SECONDS = 90;
const RENEW_INTERVAL_MS = 30_000;
const RETRY_INTERVAL_MS = 5_000;

/** Name of a node's Lease in the release namespace. */
function heartbeatLeaseName(nodeName: string): string {
  return `virt-handler-${nodeName}`;
}

/** Renews this node's Lease until aborted: the one regular write of a node. Never rejects. */
export async function runHeartbeat(options: HeartbeatOptions, signal: AbortSignal): Promise<void> {
  const { logger, clock = systemClock } = options;
  while (!signal.aborted) {
    let waitMs = RENEW_INTERVAL_MS;
    try {
      await renew(options, clock.now());
    } catch (error) {
      logger.warn('cannot renew the Lease of this node', { error });
      waitMs = RETRY_INTERVAL_MS;
    }
    await clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

async function renew(options: HeartbeatOptions, now: Date): Promise<void> {
  const { client, namespace, nodeName, podName } = options;
  const certificate = options.certificate?.();
  const name = heartbeatLeaseName(nodeName);
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace,
      labels: { 'kubevirt.io': 'virt-handler' },
      ...(certificate && { annotations: { [annotations.servingCertificate]: intervalOf(certificate) } }),
    },
    spec: {
      holderIdentity: podName,
      leaseDurationSeconds: LEASE_DURATION_SECONDS,
      // MicroTime has six digits.
      renewTime: now.toISOString().replace('Z', '000Z'),
    },
  };
  // Apply makes the Lease where there is none, in one request.
  await client.patch(leases, { name, namespace }, lease, { kind: 'apply', fieldManager: 'virt-handler', force: true });
}

/** ISO 8601 interval. */
function intervalOf({ notBefore, notAfter }: CertificateValidity): string {
  return `${timestamp(notBefore)}/${timestamp(notAfter)}`;
}
