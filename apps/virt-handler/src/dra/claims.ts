import { isNotFound, resourceClaims, type KubeClient, type ResourceClaim } from '@quickvirt/kube';
import type { DeviceNodeFacts } from '@quickvirt/node-plan';
import { draDeviceName, type PciAddress, type VirtualFunction } from '@quickvirt/qat';
import type { ClaimReference, NodePrepareResourceResponse } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import { claimDeviceCdiName, claimRequestCdiName } from '@quickvirt/node-plan';
import type { DeviceHolder } from '../qat/checkpoint.ts';
import { ClaimError, preparedClaimOf, requestOf, type PreparedClaim } from './claim-allocation.ts';
import type { ClaimCheckpoint } from './claim-checkpoint.ts';
import type { ClaimFiles, DeviceNow } from './claim-files.ts';

/** Who has which device of the node, device plugins' pods and claims alike, on disk. */
export interface DeviceHolds {
  /** Keeps that a claim has them; the same again changes nothing. @throws when another holder has one of them. */
  holdForClaim(claimUid: string, pciAddresses: readonly PciAddress[]): Promise<void>;
  /** Gives back all that a claim has; nothing when it has none. */
  releaseClaim(claimUid: string): Promise<void>;
  /** All that is held, by device. */
  holders(): Promise<ReadonlyMap<PciAddress, DeviceHolder>>;
  /** Calls back when holds changed. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

export interface ClaimsOptions {
  client: Pick<KubeClient, 'get'>;
  nodeName: string;
  checkpoint: ClaimCheckpoint;
  files: ClaimFiles;
  holds: DeviceHolds;
  /** A virtual function as the last scan saw it. */
  functionAt: (pciAddress: PciAddress) => VirtualFunction | undefined;
  /** The device nodes of functions, as they are now. @throws Error when one cannot be opened by a guest. */
  nodesOf: (pciAddresses: readonly PciAddress[]) => Promise<DeviceNodeFacts[]>;
  logger: Logger;
}

/**
 * ResourceClaims on this node: prepares them for pods, and gives them back. Both may be asked again at any time, and a
 * crash between any two steps is repaired when they are: the hold is written before anything that a container could
 * use, and goes last.
 */
export class Claims {
  readonly #options: ClaimsOptions;
  /** One after another: two claims may want one IOMMU group. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** The claims that are prepared, by UID. */
  get prepared(): ReadonlyMap<string, PreparedClaim> {
    return this.#options.checkpoint.claims;
  }

  /** What the kubelet is to add to containers of the claim. @throws ClaimError or what holds and ports throw. */
  prepare(reference: ClaimReference, driverName: string): Promise<NodePrepareResourceResponse['devices']> {
    return this.#inTurn(async () => {
      const { client, nodeName, checkpoint, holds, logger } = this.#options;
      const object = await this.#claimOf(client, reference);
      const claim = preparedClaimOf(object, reference, { driverName, nodeName });
      const now = await this.#devicesNow(claim);
      refuseSharedGroups(claim, now, await holds.holders());
      await holds.holdForClaim(
        claim.uid,
        claim.devices.map(({ pciAddress }) => pciAddress),
      );
      await checkpoint.put(claim);
      await this.#options.files.write(claim, now);
      logger.info('a claim is prepared', { ...shown(claim), devices: claim.devices });
      return responseOf(claim, nodeName);
    });
  }

  /** Gives a claim's devices back; nothing when it has none. */
  unprepare(reference: ClaimReference, driverName: string): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.prepared.get(reference.uid);
      // A claim that was prepared under an earlier name of the driver is given back under that name.
      if (!known || known.driverName === driverName) await this.#forget({ ...reference, driverName });
    });
  }

  /**
   * At the start: gives back what claims have that are gone from the API server, and writes the files of the others anew,
   * for a reboot empties the runtime's directory and renumbers IOMMU groups, and the kubelet does not ask again.
   */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      const { checkpoint, holds, logger } = this.#options;
      for (const claim of checkpoint.claims.values()) {
        try {
          if (await this.#isGone(claim)) await this.#forget(claim);
          else await this.#options.files.write(claim, await this.#devicesNow(claim));
        } catch (error) {
          logger.warn('a prepared claim is not whole', { ...shown(claim), error });
        }
      }
      // A crash between the hold and the checkpoint; the kubelet asks again if the claim is still wanted.
      for (const holder of new Set((await holds.holders()).values())) {
        if (holder !== 'device-plugin' && !checkpoint.claims.has(holder.claim)) await holds.releaseClaim(holder.claim);
      }
    });
  }

  async #forget(claim: Pick<PreparedClaim, 'uid' | 'name' | 'namespace' | 'driverName'>): Promise<void> {
    const { checkpoint, files, holds, logger } = this.#options;
    const isKnown = checkpoint.claims.has(claim.uid);
    await files.remove(claim);
    await checkpoint.remove(claim.uid);
    await holds.releaseClaim(claim.uid);
    if (!isKnown) return;
    logger.info('a claim is given back', shown(claim));
  }

  async #claimOf(client: Pick<KubeClient, 'get'>, { namespace, name }: ClaimReference): Promise<ResourceClaim> {
    try {
      return await client.get(resourceClaims, { namespace, name });
    } catch (error) {
      if (isNotFound(error)) throw new ClaimError(`ResourceClaim ${namespace}/${name} is gone`, { cause: error });
      throw error;
    }
  }

  async #isGone({ namespace, name, uid }: PreparedClaim): Promise<boolean> {
    try {
      return (await this.#options.client.get(resourceClaims, { namespace, name })).metadata.uid !== uid;
    } catch (error) {
      if (isNotFound(error)) return true;
      throw error;
    }
  }

  /** @throws ClaimError for a device that is not there or not fit for a guest. */
  async #devicesNow({ devices }: PreparedClaim): Promise<DeviceNow[]> {
    const { functionAt, nodesOf, nodeName } = this.#options;
    return Promise.all(
      devices.map(async ({ pciAddress }): Promise<DeviceNow> => {
        const virtualFunction = functionAt(pciAddress);
        if (!virtualFunction)
          throw new ClaimError(`node ${nodeName} has no virtual function ${pciAddress} any more: delete the claim`);
        if (!virtualFunction.usable) {
          const causes = virtualFunction.findings.map(({ code, cause }) => `${code}: ${cause}`);
          throw new ClaimError(`${pciAddress} cannot be given to a guest: ${causes.join('; ')}`);
        }
        return { virtualFunction, nodes: await nodesOf([pciAddress]) };
      }),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

/** A group opens for one user at a time. @throws ClaimError */
function refuseSharedGroups(
  claim: PreparedClaim,
  now: readonly DeviceNow[],
  holders: ReadonlyMap<PciAddress, DeviceHolder>,
): void {
  for (const { virtualFunction } of now) {
    const { pciAddress, groupMembers } = virtualFunction;
    const other = groupMembers.find((member) => {
      const holder = holders.get(member);
      return holder === 'device-plugin' || (holder !== undefined && holder.claim !== claim.uid);
    });
    if (other !== undefined)
      throw new ClaimError(
        `${pciAddress} shares its IOMMU group with ${other}, which another pod holds: wait for its end`,
      );
  }
}

/** Each device with its CDI name; what a request's containers find out by comes with the request's first device. */
function responseOf(
  { uid, driverName, devices }: PreparedClaim,
  poolName: string,
): NodePrepareResourceResponse['devices'] {
  const told = new Set<string>();
  return devices.map(({ pciAddress, request }) => {
    const base = requestOf(request);
    const deviceName = draDeviceName(pciAddress);
    const cdiDeviceIds = [claimDeviceCdiName(driverName, uid, deviceName)];
    if (!told.has(base)) cdiDeviceIds.push(claimRequestCdiName(driverName, uid, base));
    told.add(base);
    return { requestNames: [base], poolName, deviceName, cdiDeviceIds };
  });
}

const shown = ({ uid, name, namespace }: { uid: string; name: string; namespace: string }) => ({
  object: { kind: 'ResourceClaim', namespace, name, uid },
});
