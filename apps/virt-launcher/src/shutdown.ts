import type { Logger } from '@quickvirt/telemetry';

/** The two ways to end a guest. */
export interface GuestPower {
  /** Presses the power button; the guest may ignore it. */
  pressButton(): Promise<void>;
  /** Ends QEMU. */
  destroy(): Promise<void>;
}

export interface ShutdownLimits {
  gracePeriodMs: number;
  /**
   * A guest that still boots does not hear the button, so it is pressed again; to one that shuts down already it means
   * nothing. KubeVirt presses every 5 s, too.
   */
  pressEveryMs: number;
}

/**
 * Asks the guest to power off until it is off or its grace period is over, then ends it. Resolves when `ended` does, or
 * when QEMU was ended. What fails meanwhile is tried again at the next press.
 */
export async function shutDownGuest(
  guest: GuestPower,
  ended: Promise<unknown>,
  limits: ShutdownLimits,
  logger: Logger,
): Promise<{ gracePeriodOver: boolean }> {
  for (let leftMs = limits.gracePeriodMs; leftMs > 0; leftMs -= limits.pressEveryMs) {
    guest.pressButton().catch((error: unknown) => logger.warn('the power button could not be pressed', { error }));
    if (await endsWithin(ended, Math.min(leftMs, limits.pressEveryMs))) return { gracePeriodOver: false };
  }
  logger.warn('the guest did not power off within its grace period and is ended', {
    gracePeriodMs: limits.gracePeriodMs,
  });
  // If this fails, the pod's own end takes QEMU with it.
  await guest.destroy().catch((error: unknown) => logger.error('QEMU could not be ended through libvirt', { error }));
  return { gracePeriodOver: true };
}

async function endsWithin(ended: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([ended.then(() => true), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}
