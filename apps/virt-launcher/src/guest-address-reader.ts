import { isDeepStrictEqual } from 'node:util';
import type { Domain } from '@quickvirt/libvirt';
import type { Logger } from '@quickvirt/telemetry';
import { QUERY_PCI, readGuestPciDevices, type GuestPciDevice } from './guest-pci-devices.ts';

/**
 * A guest's firmware numbers its PCI buses a moment after the start, and nothing tells of it: QEMU is asked after these
 * times, in ms, until it knows an address for each device.
 */
const ASK_AFTER_MS: readonly number[] = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000];

/** Finds out where the guest sees the devices that were given to it. */
export class GuestAddressReader {
  readonly #tell: (devices: GuestPciDevice[]) => void;
  readonly #logger: Logger;
  #wanted: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param tell is called with all addresses that are known, when they differ. */
  constructor(tell: (devices: GuestPciDevice[]) => void, logger: Logger) {
    this.#tell = tell;
    this.#logger = logger;
  }

  /** The domain runs with these devices, by alias; the same list again changes nothing. */
  watch(domain: Domain, aliases: readonly string[]): void {
    if (isDeepStrictEqual(aliases, this.#wanted)) return;
    this.stop();
    this.#wanted = aliases;
    if (aliases.length === 0) this.#tell([]);
    else this.#askLater(domain, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#wanted = [];
  }

  #askLater(domain: Domain, attempt: number): void {
    const delayMs = ASK_AFTER_MS[attempt];
    if (delayMs === undefined) return;
    this.#timer = setTimeout(() => void this.#ask(domain, attempt), delayMs).unref();
  }

  async #ask(domain: Domain, attempt: number): Promise<void> {
    const wanted = this.#wanted;
    let known: GuestPciDevice[] = [];
    try {
      known = readGuestPciDevices(await domain.monitorCommand(QUERY_PCI)).filter(({ alias }) => wanted.includes(alias));
    } catch (error) {
      this.#logger.debug('QEMU did not tell its PCI devices', { error });
    }
    if (wanted !== this.#wanted) return;
    this.#tell(known);
    if (known.length < wanted.length) this.#askLater(domain, attempt + 1);
  }
}
