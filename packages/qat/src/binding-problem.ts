import type { QatDeviceFamily } from '@quickvirt/config';
import type { Finding } from './finding.ts';
import { foreignDriver, iommuDisabled, qatDenylisted, vfioModuleMissing } from './findings.ts';
import { isVfioDriver, type NodeFacts, type PciFunction } from './node-facts.ts';
import type { PciAddress } from './pci-address.ts';
import type { QatSettings } from './settings.ts';

/** Whether a virtual function has a driver that serves: the wanted one, or any vfio driver where `vfio-pci` is wanted. */
export function isBoundAsWanted(device: Pick<PciFunction, 'driver'>, wantedDriver: string): boolean {
  return device.driver === wantedDriver || (wantedDriver === 'vfio-pci' && isVfioDriver(device.driver));
}

/**
 * Why virtual functions of a family cannot be given to guests on this node whatever is bound, or undefined: no IOMMU, or a
 * denylist that nobody consented to. Such cards get no virtual functions made either.
 */
export function familyProblem(
  subject: PciAddress,
  family: QatDeviceFamily,
  facts: Pick<NodeFacts, 'iommuEnabled'>,
  settings: QatSettings,
): Finding | undefined {
  if (!facts.iommuEnabled) return iommuDisabled(subject, false);
  if (family.denylisted && !settings.config.denylistConsent.includes(family.family)) {
    return qatDenylisted(subject, family.family, false);
  }
  return undefined;
}

/**
 * Why a virtual function that is not bound as wanted cannot be, or undefined when it can be tried. What the kernel would
 * only say by a missing link is found here before anything is written.
 */
export function bindingProblem(
  device: PciFunction,
  family: QatDeviceFamily,
  wantedDriver: string,
  facts: NodeFacts,
  settings: QatSettings,
): Finding | undefined {
  const { pciAddress, driver, driverOverride, iommuGroup } = device;
  const general = familyProblem(pciAddress, family, facts, settings);
  if (general) return general;
  if (iommuGroup === undefined) return iommuDisabled(pciAddress, true);
  if (driver !== undefined && !isVfioDriver(driver) && !family.virtualFunctionDrivers.includes(driver)) {
    return foreignDriver(pciAddress, `the driver ${driver} has it`);
  }
  if (driver === undefined && driverOverride !== undefined && !isVfioDriver(driverOverride)) {
    return foreignDriver(pciAddress, `somebody set its driver_override to ${driverOverride}`);
  }
  if (!facts.drivers.includes(wantedDriver)) return vfioModuleMissing(wantedDriver, settings.config.loadModules);
  if (wantedDriver === 'vfio-pci' && family.denylisted && facts.vfioDenylistDisabled === false) {
    return qatDenylisted(pciAddress, family.family, true);
  }
  return undefined;
}
