import type { Card } from './cards.ts';
import type { Plan } from './plan.ts';

/**
 * Switches on the counters of a card that runs, where its driver has them: they tell how busy it is, and cost it nothing
 * that guests could notice (Linux ABI debugfs-driver-qat_telemetry). Nothing of its virtual functions is touched, so it
 * does not matter who holds them.
 */
export function planTelemetry({ device, wanted }: Card): Plan | undefined {
  const { pciAddress, driver, qat, telemetryOn } = device;
  if (!wanted.managed || driver === undefined || qat?.state === 'down' || telemetryOn !== false) return undefined;
  const path = `${telemetryDirectory(driver, pciAddress)}/control`;
  const step = { kind: 'write', path, value: '1', why: 'counters of how busy it is' } as const;
  return { purpose: 'observe', subject: pciAddress, touches: [], steps: [step] };
}

/** Where debugfs, mounted in sysfs, has the telemetry of a card. */
function telemetryDirectory(driver: string, pciAddress: string): string {
  return `kernel/debug/qat_${driver}_${pciAddress}/telemetry`;
}
