import { systemClock, type Clock } from '@quickvirt/kube';
import { comparePciAddresses, isPciAddress, type PciAddress } from '@quickvirt/qat';
import type { PodResourcesClient } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import type { Checkpoint, DeviceHolder } from './checkpoint.ts';

/** A function that somebody else holds. */
class HeldError extends Error {
  override name = 'HeldError';
}

export interface AllocationsOptions {
  readonly checkpoint: Checkpoint;
  /** The kubelet's word for who has what. */
  readonly podResources: Pick<PodResourcesClient, 'list'>;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** An allocation that was just made is not in the kubelet's list yet: how long until its absence there means something. */
const SETTLING_MS = 30_000;

/**
 * Which functions pods hold: what was handed out and not proved free again, and what the kubelet lists. Survives restarts
 * of virt-handler and of the machine. One at a time: whoever changes a device first makes sure here that nobody gets it
 * meanwhile.
 */
export class Allocations {
  readonly #options: AllocationsOptions;
  readonly #clock: Clock;
  /** When a hold was last recorded by this process; those of an earlier one count from its start. */
  readonly #recordedMs = new Map<PciAddress, number>();
  readonly #startMs: number;
  readonly #listeners = new Set<() => void>();
  #listed: ReadonlySet<PciAddress> = new Set();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: AllocationsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startMs = this.#clock.monotonicMs();
  }

  /** Calls back when holds changed. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All that is held, as far as is known without asking the kubelet. */
  held(): ReadonlySet<PciAddress> {
    return new Set([...Object.keys(this.#options.checkpoint.state.holders), ...this.#listed]);
  }

  // oxlint-disable-next-line require-await -- the contract of those who offer devices
  async allocated(): Promise<ReadonlySet<PciAddress>> {
    return this.held();
  }

  /** Who holds what, by address. What the kubelet lists and nobody recorded is a device plugin's. */
  // oxlint-disable-next-line require-await -- the contract of the DRA driver
  async holders(): Promise<ReadonlyMap<PciAddress, DeviceHolder>> {
    const listed = [...this.#listed].map((address): [PciAddress, DeviceHolder] => [address, 'device-plugin']);
    return new Map([...listed, ...Object.entries(this.#options.checkpoint.state.holders)]);
  }

  /**
   * Keeps that a pod is about to get functions from a device plugin. On disk when it resolves; waits while devices are
   * being changed. @throws HeldError when a claim holds one.
   */
  record(pciAddresses: readonly PciAddress[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#hold(pciAddresses, 'device-plugin');
      for (const address of pciAddresses) this.#recordedMs.set(address, this.#clock.monotonicMs());
    });
  }

  /** Keeps that a claim has functions; the same again changes nothing. @throws HeldError when another holder has one. */
  holdForClaim(claimUid: string, pciAddresses: readonly PciAddress[]): Promise<void> {
    return this.#inTurn(() => this.#hold(pciAddresses, { claim: claimUid }));
  }

  /** Gives back all that a claim has. */
  releaseClaim(claimUid: string): Promise<void> {
    return this.#inTurn(() => this.#release((_, holder) => holder !== 'device-plugin' && holder.claim === claimUid));
  }

  /**
   * Asks the kubelet, and lets go of what it does not list any more.
   * @throws RpcError when the kubelet does not answer: nothing is proved free then.
   */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refresh());
  }

  /**
   * Runs something that changes devices, with all that is held as the kubelet sees it now; nothing is handed out while it
   * runs. @throws RpcError when the kubelet does not answer, and what `change` throws.
   */
  whileSettled<T>(change: (held: ReadonlySet<PciAddress>) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#refresh();
      return change(this.held());
    });
  }

  async #refresh(): Promise<void> {
    const { podResources } = this.#options;
    const listed = await listedFunctions(podResources);
    const isNews = listed.symmetricDifference(this.#listed).size > 0;
    this.#listed = listed;
    const settledMs = this.#clock.monotonicMs() - SETTLING_MS;
    await this.#release(
      (address, holder) =>
        holder === 'device-plugin' &&
        !listed.has(address) &&
        (this.#recordedMs.get(address) ?? this.#startMs) <= settledMs,
    );
    if (isNews) this.#tell();
  }

  async #hold(pciAddresses: readonly PciAddress[], holder: DeviceHolder): Promise<void> {
    await this.#options.checkpoint.update((state) => {
      const holders = { ...state.holders };
      for (const address of pciAddresses) {
        const other = holders[address] ?? (this.#listed.has(address) ? 'device-plugin' : undefined);
        if (other !== undefined && !isSame(other, holder)) {
          throw new HeldError(
            `${address} is held by ${nameOf(other)}, so ${nameOf(holder)} cannot have it: end the pod that uses it`,
          );
        }
        holders[address] = holder;
      }
      return { ...state, holders };
    });
    this.#tell();
  }

  async #release(isFree: (address: PciAddress, holder: DeviceHolder) => boolean): Promise<void> {
    const entries = Object.entries(this.#options.checkpoint.state.holders);
    const freed = entries.filter(([address, holder]) => isFree(address, holder)).map(([address]) => address);
    if (freed.length === 0) return;
    await this.#options.checkpoint.update((state) => ({
      ...state,
      holders: Object.fromEntries(Object.entries(state.holders).filter(([address]) => !freed.includes(address))),
    }));
    for (const address of freed) this.#recordedMs.delete(address);
    this.#options.logger.info('PCI functions are free again', { pciAddresses: freed });
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run, run);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function isSame(a: DeviceHolder, b: DeviceHolder): boolean {
  return a === 'device-plugin' || b === 'device-plugin' ? a === b : a.claim === b.claim;
}

function nameOf(holder: DeviceHolder): string {
  return holder === 'device-plugin' ? 'a pod by its device plugin' : `the ResourceClaim with the UID ${holder.claim}`;
}

/** The functions that pods hold by the kubelet's word: device ids that are PCI addresses. @throws RpcError */
export async function listedFunctions(kubelet: Pick<PodResourcesClient, 'list'>): Promise<ReadonlySet<PciAddress>> {
  const { podResources } = await kubelet.list({});
  const devices = podResources.flatMap(({ containers }) => containers.flatMap((container) => container.devices));
  const ids = devices.flatMap(({ deviceIds }) => deviceIds);
  return new Set(ids.filter(isPciAddress).toSorted(comparePciAddresses));
}
