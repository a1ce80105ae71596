import type { PciAddress, QatInventory, VirtualFunction } from '@quickvirt/qat';
import type { DeviceHolder } from '../../qat/checkpoint.ts';
import type { DeviceHolds } from '../claims.ts';

/** A virtual function that a guest may have, each in an IOMMU group of its own. */
export function virtualFunction(index: number, changes: Partial<VirtualFunction> = {}): VirtualFunction {
  return {
    pciAddress: `0000:3d:${(1 + (index >> 3)).toString(16).padStart(2, '0')}.${index & 7}`,
    vendorDevice: '8086:37c9',
    family: 'c62x',
    generation: 2,
    physicalFunction: '0000:3d:00.0',
    index,
    driver: 'vfio-pci',
    wantedDriver: 'vfio-pci',
    driverOverride: 'vfio-pci',
    iommuGroup: 50 + index,
    groupMembers: [],
    numaNode: 0,
    services: [],
    offer: 'DRA',
    resourceName: 'qat.intel.com/generic',
    usable: true,
    findings: [],
    ...changes,
  } as VirtualFunction;
}

/** What the scan of a node's bus would tell, set by a test. */
export class FakeSource {
  #functions: readonly VirtualFunction[];
  readonly #listeners = new Set<() => void>();

  constructor(functions: readonly VirtualFunction[]) {
    this.#functions = functions;
  }

  inventory(): QatInventory {
    return { physicalFunctions: [], virtualFunctions: this.#functions, findings: [] };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(functions: readonly VirtualFunction[]): void {
    this.#functions = functions;
    for (const listener of this.#listeners) listener();
  }
}

/** Holds in memory. */
export class FakeHolds implements DeviceHolds {
  readonly held = new Map<PciAddress, DeviceHolder>();
  readonly #listeners = new Set<() => void>();

  async holdForClaim(claim: string, pciAddresses: readonly PciAddress[]): Promise<void> {
    for (const pciAddress of pciAddresses) {
      const holder = this.held.get(pciAddress);
      if (holder !== undefined && (holder === 'device-plugin' || holder.claim !== claim))
        throw new Error(`${pciAddress} is held by ${JSON.stringify(holder)}`);
    }
    for (const pciAddress of pciAddresses) this.held.set(pciAddress, { claim });
    this.#tell();
  }

  async releaseClaim(claim: string): Promise<void> {
    for (const [pciAddress, holder] of this.held) {
      if (holder !== 'device-plugin' && holder.claim === claim) this.held.delete(pciAddress);
    }
    this.#tell();
  }

  async holders(): Promise<ReadonlyMap<PciAddress, DeviceHolder>> {
    return new Map(this.held);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
