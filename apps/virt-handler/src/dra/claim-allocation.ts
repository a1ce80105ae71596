import type { ResourceClaim } from '@quickvirt/kube';
import { draDeviceName, pciAddressOfDraDevice, type PciAddress } from '@quickvirt/qat';
import type { ClaimReference } from '@quickvirt/rpc';

/** A claim that cannot be prepared or given back now; the kubelet shows the message on the pod and asks again. */
export class ClaimError extends Error {
  override name = 'ClaimError';
}

/** A device that the scheduler gave to a claim. */
export interface ClaimedDevice {
  pciAddress: PciAddress;
  /** As the claim names it; with alternatives, `<request>/<subrequest>`. */
  request: string;
}

/** What is kept of a claim for as long as pods may use it. */
export interface PreparedClaim {
  uid: string;
  namespace: string;
  name: string;
  driverName: string;
  /** Name in the pod's spec, when a template made the claim. */
  podClaimName?: string;
  devices: ClaimedDevice[];
}

/** Set by Kubernetes on claims that it makes from a template (k8s.io/api, resource/v1, PodResourceClaimAnnotation). */
const POD_CLAIM_ANNOTATION = 'resource.kubernetes.io/pod-claim-name';

/** Names and UIDs become parts of paths. Namespaces, claims and requests are DNS labels or subdomains, UIDs are UUIDs. */
const PLAIN_NAME = /^[A-Za-z0-9]([-.A-Za-z0-9]{0,251}[A-Za-z0-9])?$/;

/**
 * Which of a node's devices the API server says a claim has.
 * @param reference what the kubelet asked for: a claim of the same name that was made anew is another claim.
 * @throws ClaimError when the claim is another one, is not allocated, or has a device that is none of this driver's names.
 */
export function preparedClaimOf(
  claim: ResourceClaim,
  reference: ClaimReference,
  { driverName, nodeName }: { driverName: string; nodeName: string },
): PreparedClaim {
  const { uid, namespace, name } = reference;
  const shown = `ResourceClaim ${namespace}/${name}`;
  if (claim.metadata.uid !== uid)
    throw new ClaimError(`${shown} has the UID ${claim.metadata.uid}, not ${uid}: it was deleted and made anew`);
  const results = claim.status?.allocation?.devices?.results;
  if (!results) throw new ClaimError(`${shown} is not allocated: status.allocation is not set`);
  const podClaimName = claim.metadata.annotations?.[POD_CLAIM_ANNOTATION];
  const devices = results
    .filter(({ driver, pool }) => driver === driverName && pool === nodeName)
    .map(({ device, request }): ClaimedDevice => {
      const pciAddress = pciAddressOfDraDevice(device);
      if (pciAddress === undefined || draDeviceName(pciAddress) !== device)
        throw new ClaimError(
          `${shown} is allocated the device ${JSON.stringify(device)}, which ${driverName} never offered`,
        );
      return { pciAddress, request };
    });
  for (const part of [
    uid,
    namespace,
    name,
    podClaimName ?? name,
    ...devices.map(({ request }) => requestOf(request)),
  ]) {
    if (!PLAIN_NAME.test(part)) throw new ClaimError(`${shown}: ${JSON.stringify(part)} cannot be part of a path`);
  }
  return { uid, namespace, name, driverName, ...(podClaimName !== undefined && { podClaimName }), devices };
}

/** A request without its subrequest: what pods name, and what files are called by (KEP-5304). */
export function requestOf(request: string): string {
  return request.split('/')[0] ?? request;
}
