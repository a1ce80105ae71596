import type { QatDeviceFamily } from '@quickvirt/config';
import type { Finding } from './finding.ts';
import { deviceNodeMissing, fatalErrors, groupInUse, groupNotViable, heartbeatLost, qatPfDown } from './findings.ts';
import { isVfioDriver, vfioGroupNodes, type PciFunction } from './node-facts.ts';
import type { PciAddress } from './pci-address.ts';

/** Fatal errors of each card that count as dealt with, by address. Kept over restarts, so that one heals nothing. */
export type AcknowledgedErrors = Readonly<Record<PciAddress, number>>;

/**
 * Which fatal errors count as dealt with after this look:
 * - at first sight all of them, when the firmware answers: they are of the past;
 * - all that are left after a reset of the counters;
 * - all of a card that is down: it starts anew.
 * What is counted beyond makes the card unhealthy until one of these happens. Cards without counters are left out.
 */
export function acknowledgeErrors(previous: AcknowledgedErrors, cards: readonly PciFunction[]): AcknowledgedErrors {
  return Object.fromEntries(
    cards.flatMap(({ pciAddress, ras, heartbeat, qat, driver }) => {
      const known = previous[pciAddress];
      if (!ras) return known === undefined ? [] : [[pciAddress, known]];
      const startsAnew = qat?.state === 'down' || driver === undefined;
      if (known === undefined) return [[pciAddress, heartbeat?.status === -1 ? 0 : ras.fatal]];
      return [[pciAddress, startsAnew ? ras.fatal : Math.min(known, ras.fatal)]];
    }),
  );
}

/** What is wrong with a physical function now. It recovers as soon as the facts do: nothing is remembered but errors. */
export function cardHealth(
  card: PciFunction,
  family: QatDeviceFamily,
  acknowledged: number | undefined,
  inUse: boolean,
): readonly Finding[] {
  const { pciAddress, driver, qat, heartbeat, ras } = card;
  const expectedDrivers = family.physicalFunctionDrivers;
  if (driver === undefined || (expectedDrivers.length > 0 && !expectedDrivers.includes(driver))) {
    return [qatPfDown(pciAddress, { driver, expectedDrivers })];
  }
  const findings: Finding[] = [];
  if (qat?.state === 'down') findings.push(qatPfDown(pciAddress, { driver, expectedDrivers, inUse }));
  // A card that is down answers no heartbeat: one cause, one finding.
  else if (heartbeat?.status === -1) findings.push(heartbeatLost(pciAddress, heartbeat.queriesFailed));
  const fatal = (ras?.fatal ?? 0) - (acknowledged ?? ras?.fatal ?? 0);
  if (fatal > 0) findings.push(fatalErrors(pciAddress, fatal));
  return findings;
}

/** What a function bound to vfio needs beside its driver: a viable group that is nobody else's, and its device nodes. */
export function groupHealth(
  virtualFunction: PciFunction,
  others: readonly PciFunction[],
  vfioNodes: ReadonlySet<string>,
  allocated: ReadonlySet<PciAddress>,
): readonly Finding[] {
  const { pciAddress, iommuGroup } = virtualFunction;
  if (iommuGroup === undefined) return [];
  const inHostUse = others.filter((other) => other.driver !== undefined && !isTolerated(other.driver));
  if (inHostUse.length > 0) return [groupNotViable(pciAddress, iommuGroup, inHostUse)];
  const missing = [['vfio'], vfioGroupNodes(iommuGroup)].find((names) => !names.some((name) => vfioNodes.has(name)));
  if (missing !== undefined) return [deviceNodeMissing(pciAddress, `/dev/vfio/${missing[0]}`)];
  const holder = allocated.has(pciAddress) ? undefined : others.find((other) => allocated.has(other.pciAddress));
  return holder ? [groupInUse(pciAddress, iommuGroup, holder.pciAddress)] : [];
}

/** Drivers that vfio bears in a group it hands out (Linux vfio.c, `vfio_dev_viable`); bridges are left out before. */
function isTolerated(driver: string): boolean {
  return isVfioDriver(driver) || driver === 'pci-stub';
}
