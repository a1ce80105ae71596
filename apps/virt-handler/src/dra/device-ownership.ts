import { offerSideOf, type OfferSide, type PciAddress, type VirtualFunction } from '@quickvirt/qat';
import type { DeviceHolder } from '../qat/checkpoint.ts';

export interface DeviceOwnershipOptions {
  /** The node's virtual functions that are ours to offer, as the last scan saw them. */
  functions: () => readonly VirtualFunction[];
  holders: () => Promise<ReadonlyMap<PciAddress, DeviceHolder>>;
}

/**
 * Who offers which virtual function: device plugins or DRA, never both, and the side that gave one to a pod until that
 * pod is gone. Each side tells here what it offers, and hears when that is to change.
 */
export class DeviceOwnership {
  readonly #options: DeviceOwnershipOptions;
  readonly #listeners = new Set<() => void>();
  #offeredByPlugin: ReadonlySet<PciAddress> = new Set();
  /** Undefined until the API server was asked what an earlier virt-handler published. */
  #published: ReadonlySet<PciAddress> | undefined;
  #sides: ReadonlyMap<PciAddress, OfferSide | undefined> = new Map();
  #holders: ReadonlyMap<PciAddress, DeviceHolder> = new Map();
  #last: Promise<void> = Promise.resolve();

  constructor(options: DeviceOwnershipOptions) {
    this.#options = options;
  }

  /** True for a function that DRA has nothing to do with. */
  devicePluginMayOffer(pciAddress: PciAddress): boolean {
    if (this.#sides.has(pciAddress)) return this.#sides.get(pciAddress) === 'DevicePlugin';
    return !this.#options.functions().some((vf) => vf.pciAddress === pciAddress);
  }

  /**
   * The functions that DRA is to publish, in the order of their addresses: those of its side that a guest could have, and
   * whose IOMMU group no other pod has open.
   */
  draFunctions(): VirtualFunction[] {
    return this.#options
      .functions()
      .filter(
        ({ pciAddress, usable, groupMembers }) =>
          this.#sides.get(pciAddress) === 'DRA' &&
          usable &&
          (this.#holders.has(pciAddress) || !groupMembers.some((member) => this.#holders.has(member))),
      );
  }

  /** To be told after each list that the kubelet got of device plugins. */
  devicePluginOffers(pciAddresses: Iterable<PciAddress>): void {
    this.#offeredByPlugin = new Set(pciAddresses);
    void this.refresh();
  }

  /** To be told what the API server's slices list. */
  draPublishes(pciAddresses: Iterable<PciAddress>): void {
    this.#published = new Set(pciAddresses);
    void this.refresh();
  }

  /** Calls back when a side may begin or must stop. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Decides anew: to be called when functions, the configuration or holds changed. Never rejects. */
  refresh(): Promise<void> {
    this.#last = this.#last.then(() => this.#decide()).catch(() => undefined);
    return this.#last;
  }

  async #decide(): Promise<void> {
    const holders = await this.#options.holders();
    const sides = new Map(this.#options.functions().map((vf) => [vf.pciAddress, this.#sideOf(vf, holders)]));
    const isSame = haveSameEntries(sides, this.#sides) && haveSameEntries(holders, this.#holders);
    this.#sides = sides;
    this.#holders = holders;
    if (!isSame) for (const listener of this.#listeners) listener();
  }

  #sideOf(vf: VirtualFunction, holders: ReadonlyMap<PciAddress, DeviceHolder>): OfferSide | undefined {
    const { pciAddress } = vf;
    const held = holders.get(pciAddress);
    const holder = held === undefined ? undefined : held === 'device-plugin' ? 'DevicePlugin' : 'DRA';
    const offeredBy: OfferSide[] = [];
    if (this.#offeredByPlugin.has(pciAddress)) offeredBy.push('DevicePlugin');
    // What is not known to be unpublished counts as published, unless a plugin's pod has it already.
    if (this.#published ? this.#published.has(pciAddress) : holder !== 'DevicePlugin') offeredBy.push('DRA');
    return offerSideOf({ wanted: vf.offer, holder, offeredBy });
  }
}

function haveSameEntries(a: ReadonlyMap<PciAddress, unknown>, b: ReadonlyMap<PciAddress, unknown>): boolean {
  const text = (value: unknown) => JSON.stringify(value);
  return a.size === b.size && [...a].every(([key, value]) => b.has(key) && text(b.get(key)) === text(value));
}
