/** How a removal ended: the guest let go, said no, or said nothing in time. */
export type RemovalOutcome = 'removed' | 'refused' | 'silent';

/** The guest has not let go of a device. The guest runs on with it; asking again may help. */
export class DeviceNotReleased extends Error {
  override readonly name = 'DeviceNotReleased';

  constructor(deviceName: string, outcome: Exclude<RemovalOutcome, 'removed'>) {
    const what = outcome === 'refused' ? 'refused to let go of' : 'has not let go of';
    super(
      `the guest ${what} device ${JSON.stringify(deviceName)}: its driver may be in use, or the guest may not have ` +
        'finished booting; it is asked again, and the device is gone at the latest when the VM stops',
    );
  }
}

/** Waits for the events by which libvirt tells that a device has left the guest. */
export class DeviceRemovals {
  readonly #waiting = new Map<string, (outcome: RemovalOutcome) => void>();

  /** An event came for a device, by its alias. */
  tell(alias: string, outcome: Exclude<RemovalOutcome, 'silent'>): void {
    this.#waiting.get(alias)?.(outcome);
  }

  /** Asks for a removal and waits for its event, which may come before the answer. @throws what `ask` throws. */
  async outcome(alias: string, timeoutMs: number, ask: () => Promise<void>): Promise<RemovalOutcome> {
    const { promise, resolve } = Promise.withResolvers<RemovalOutcome>();
    this.#waiting.set(alias, resolve);
    let timer: NodeJS.Timeout | undefined;
    try {
      await ask();
      timer = setTimeout(() => resolve('silent'), timeoutMs);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(alias);
    }
  }
}
