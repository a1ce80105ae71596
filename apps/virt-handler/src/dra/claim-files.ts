import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeAtomically } from '@quickvirt/host';
import {
  claimCdiFileName,
  claimCdiSpec,
  DEVICE_METADATA_DIRECTORY,
  deviceMetadataPath,
  encodeDeviceMetadata,
  type DeviceNodeFacts,
} from '@quickvirt/node-plan';
import { draDevice, draDeviceName, type VirtualFunction } from '@quickvirt/qat';
import { qatVariables } from '@quickvirt/launcher-pod';
import { requestOf, type PreparedClaim } from './claim-allocation.ts';
import type { PluginDirectories } from './plugin-directories.ts';

const METADATA_FILE = 'metadata.json';

export interface ClaimFilesOptions {
  nodeName: string;
  /** Where container runtimes read CDI specifications. */
  cdiDirectory: string;
  directories: PluginDirectories;
}

/** What is known now of a device of a claim. */
export interface DeviceNow {
  virtualFunction: VirtualFunction;
  nodes: readonly DeviceNodeFacts[];
}

/**
 * The files of prepared claims: one CDI specification each, and one metadata file for each request (KEP-5304) that the
 * specification mounts. Written in full each time, so that a reboot or a crash leaves nothing half done.
 */
export class ClaimFiles {
  readonly #options: ClaimFilesOptions;

  constructor(options: ClaimFilesOptions) {
    this.#options = options;
  }

  /** @param now of each of the claim's devices, in their order. */
  async write(claim: PreparedClaim, now: readonly DeviceNow[]): Promise<void> {
    const { uid, driverName } = claim;
    const metadata = await Promise.all(
      [...Map.groupBy(now.keys(), (index) => claim.devices[index]?.request ?? '')].map(([request, indexes]) =>
        this.#writeMetadata(
          claim,
          request,
          [...indexes].flatMap((index) => now[index]?.virtualFunction ?? []),
        ),
      ),
    );
    const addresses = claim.devices.map(({ pciAddress }) => pciAddress);
    const variables = Object.entries(qatVariables(addresses));
    const spec = claimCdiSpec({
      driverName,
      claimUid: uid,
      devices: now.map(({ virtualFunction: { pciAddress }, nodes }) => ({
        name: draDeviceName(pciAddress),
        nodes,
        env: variables.flatMap(([name, value]) => (value === pciAddress ? [`${name}=${value}`] : [])),
      })),
      metadata,
    });
    await mkdir(this.#options.cdiDirectory, { recursive: true });
    await writeAtomically(this.#cdiPath(claim), `${JSON.stringify(spec, undefined, 2)}\n`);
  }

  /** Removes what there is of them. */
  async remove(claim: Pick<PreparedClaim, 'uid' | 'driverName'>): Promise<void> {
    await rm(this.#cdiPath(claim), { force: true });
    await rm(this.#metadataDirectory(claim, 'here'), { recursive: true, force: true });
  }

  async #writeMetadata(claim: PreparedClaim, request: string, functions: readonly VirtualFunction[]) {
    const { driverName, name, namespace, uid, podClaimName } = claim;
    const base = requestOf(request);
    const path = join(this.#metadataDirectory(claim, 'here'), base, METADATA_FILE);
    const text = encodeDeviceMetadata({
      claim: { name, namespace, uid },
      ...(podClaimName !== undefined && { podClaimName }),
      request,
      devices: functions.map((vf) => ({ driver: driverName, pool: this.#options.nodeName, ...draDevice(vf) })),
    });
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, text);
    const directory = deviceMetadataPath(podClaimName === undefined ? { claimName: name } : { podClaimName }, base);
    return {
      request: base,
      hostPath: join(this.#metadataDirectory(claim, 'host'), base, METADATA_FILE),
      containerPath: `${DEVICE_METADATA_DIRECTORY}/${directory}/${driverName}-metadata.json`,
    };
  }

  /** By UID, so that a claim that was made anew under its name shares nothing with the old one. */
  #metadataDirectory({ uid, driverName }: Pick<PreparedClaim, 'uid' | 'driverName'>, seenBy: 'here' | 'host'): string {
    return join(this.#options.directories.dataDirectory(driverName, seenBy), 'claims', uid);
  }

  #cdiPath({ uid, driverName }: Pick<PreparedClaim, 'uid' | 'driverName'>): string {
    return join(this.#options.cdiDirectory, claimCdiFileName(driverName, uid));
  }
}
