import { CDI_VERSION, cdiDeviceNode, type DeviceNodeFacts } from './cdi-spec.ts';

/** What a prepared ResourceClaim gives to the containers that use it. */
export interface ClaimCdiOptions {
  /** Name of the DRA driver, the vendor of the CDI kind: `qat.quickvirt.io`. */
  driverName: string;
  claimUid: string;
  devices: readonly {
    /** Name in the pool. */
    name: string;
    nodes: readonly DeviceNodeFacts[];
    /** `NAME=value`. */
    env: readonly string[];
  }[];
  /** Files that say what each request got. */
  metadata: readonly { request: string; hostPath: string; containerPath: string }[];
}

const kindOf = (driverName: string): string => `${driverName}/claim`;
const deviceName = (claimUid: string, device: string): string => `${claimUid}-${device}`;
const requestName = (claimUid: string, request: string): string => `${claimUid}_${request}`;

/** Qualified CDI name of one device of a claim. */
export function claimDeviceCdiName(driverName: string, claimUid: string, device: string): string {
  return `${kindOf(driverName)}=${deviceName(claimUid, device)}`;
}

/** Qualified CDI name of what a container finds out by about a request of a claim. */
export function claimRequestCdiName(driverName: string, claimUid: string, request: string): string {
  return `${kindOf(driverName)}=${requestName(claimUid, request)}`;
}

/** File name of a claim's specification: one file a claim, gone with it. */
export function claimCdiFileName(driverName: string, claimUid: string): string {
  return `${driverName}-claim-${claimUid}.json`;
}

/**
 * The Container Device Interface specification of one claim: its devices apart from each other, because a container may
 * use only one of the claim's requests; and a read-only file for each request.
 */
export function claimCdiSpec({ driverName, claimUid, devices, metadata }: ClaimCdiOptions): object {
  return {
    cdiVersion: CDI_VERSION,
    kind: kindOf(driverName),
    devices: [
      ...devices.map(({ name, nodes, env }) => ({
        name: deviceName(claimUid, name),
        containerEdits: { env, deviceNodes: nodes.map(cdiDeviceNode) },
      })),
      ...metadata.map(({ request, hostPath, containerPath }) => ({
        name: requestName(claimUid, request),
        containerEdits: { mounts: [{ hostPath, containerPath, options: ['ro', 'nosuid', 'nodev', 'noexec', 'bind'] }] },
      })),
    ],
  };
}
