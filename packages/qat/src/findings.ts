import type { Finding } from './finding.ts';
import type { PciAddress } from './pci-address.ts';

const error = (finding: Omit<Finding, 'severity'>): Finding => ({ ...finding, severity: 'error' });
const warning = (finding: Omit<Finding, 'severity'>): Finding => ({ ...finding, severity: 'warning' });

/** The finding that no IOMMU translates for a device; for the whole node when none is in use at all. */
export function iommuDisabled(subject: PciAddress, iommuEnabled: boolean): Finding {
  return error({
    code: 'IommuDisabled',
    subject: iommuEnabled ? subject : 'node',
    cause: iommuEnabled
      ? `the kernel has put ${subject} into no IOMMU group`
      : 'the kernel uses no IOMMU: /sys/class/iommu is empty',
    remedy: iommuEnabled
      ? 'Check the kernel log for DMAR or AMD-Vi faults, and that the firmware describes an IOMMU for this slot.'
      : 'Enable VT-d (AMD-Vi) in the firmware and boot the kernel with intel_iommu=on (amd_iommu=on).',
  });
}

/** The finding that the wanted vfio driver is not there. */
export function vfioModuleMissing(
  driver: string,
  loadModules: boolean,
  detail?: { errno?: string; why: string },
): Finding {
  const module = driver.replaceAll('_', '-');
  return error({
    code: 'VfioModuleMissing',
    subject: 'node',
    cause: `the driver ${driver} is not loaded${detail ? ` and could not be: ${detail.why}` : ''}`,
    remedy: loadModules
      ? `Install a kernel that has the module ${module}${driver === 'qat_vfio_pci' ? ' (CONFIG_QAT_VFIO_PCI, Linux 6.10 or newer), or use the driver vfio-pci' : ' (CONFIG_VFIO_PCI)'}, and look at the kernel log for why it does not load.`
      : `Load it on the node (modprobe ${module}), or let QuickVirt: set permittedHostDevices.qat.loadModules to true.`,
    errno: detail?.errno,
  });
}

/** The finding that vfio-pci refuses a family for its errata. */
export function qatDenylisted(subject: PciAddress, family: string, consented: boolean): Finding {
  return error({
    code: 'QatDenylisted',
    subject,
    cause: consented
      ? `vfio-pci was loaded with its denylist, which holds ${family}, and is in use, so it cannot be loaded anew`
      : `the kernel's vfio-pci denylists ${family}: by its errata a hostile guest can wedge the card`,
    remedy: consented
      ? 'Boot the node with vfio-pci.disable_denylist=1 on the kernel command line, or free the devices that vfio-pci holds.'
      : `If your guests may be trusted with it, add ${family} to permittedHostDevices.qat.denylistConsent of the KubeVirt CR.`,
  });
}

/** The warning that a denylisted family is offered by consent. */
export function denylistOverridden(subject: PciAddress, family: string): Finding {
  return warning({
    code: 'QatDenylisted',
    subject,
    cause: `${family} is offered although the kernel denylists it, because permittedHostDevices.qat.denylistConsent says so`,
    remedy: 'Give it to trusted guests only: a hostile one can wedge the card until the node boots again.',
  });
}

/** The finding that a group holds devices that the host uses. */
export function groupNotViable(
  subject: PciAddress,
  group: number,
  inHostUse: readonly { pciAddress: PciAddress; driver?: string }[],
): Finding {
  const others = inHostUse.map(({ pciAddress, driver }) => `${pciAddress} (${driver})`).join(', ');
  return error({
    code: 'GroupNotViable',
    subject,
    cause: `its IOMMU group ${group} also holds ${others}, which the host uses`,
    remedy:
      'Move the card to a slot whose root port has ACS, or bind every device of the group to vfio-pci: a group goes to guests as a whole.',
  });
}

/** The finding that a physical function does not work. */
export function qatPfDown(
  subject: PciAddress,
  how: { driver?: string; expectedDrivers: readonly string[]; state?: string; inUse?: boolean; errno?: string },
): Finding {
  const expected = how.expectedDrivers.join(' or ');
  if (how.driver === undefined || (how.expectedDrivers.length > 0 && !how.expectedDrivers.includes(how.driver))) {
    return error({
      code: 'QatPfDown',
      subject,
      cause:
        how.driver === undefined
          ? `no driver is bound to it${expected ? `, ${expected} should be` : ''}`
          : `${how.driver} is bound to it, not ${expected}`,
      remedy: `Check that the kernel has the driver${expected ? ` ${expected}` : ''}, that /lib/firmware holds the card's firmware, and what the kernel log says.`,
    });
  }
  return error({
    code: 'QatPfDown',
    subject,
    cause:
      how.errno === undefined
        ? `its state is down${how.inUse ? ' while guests hold its virtual functions' : ''}`
        : `its state is down and the kernel refused to bring it up (${how.errno})`,
    remedy:
      how.errno === undefined
        ? `Bring it up: echo up > /sys/bus/pci/devices/${subject}/qat/state${how.inUse ? ', once those guests are stopped' : ''}.`
        : 'Look at the kernel log; the card may need a reset (echo 1 > reset) or its firmware.',
    errno: how.errno,
  });
}

/** The finding that virtual functions could not be made. */
export function vfCreateFailed(subject: PciAddress, errno: string, cause: string, remedy: string): Finding {
  return error({ code: 'VfCreateFailed', subject, errno, cause, remedy });
}

/** The finding that vfio did not take a virtual function, for no reason that has a name of its own. */
export function bindFailed(subject: PciAddress, cause: string, errno?: string): Finding {
  return error({
    code: 'BindFailed',
    subject,
    cause,
    remedy:
      'Look at the kernel log for "vfio" and the address. QuickVirt tries again when something changes, and now and then.',
    errno,
  });
}

/** The finding that a card runs other services than wanted; the card is still offered as what it is. */
export function servicesNotApplied(subject: PciAddress, cause: string, remedy: string, errno?: string): Finding {
  return warning({ code: 'ServicesNotApplied', subject, cause, remedy, errno });
}

/** The finding that another driver has a virtual function. */
export function foreignDriver(subject: PciAddress, cause: string): Finding {
  return error({
    code: 'ForeignOwner',
    subject,
    cause,
    remedy: `Stop what uses it and unbind it, or leave its card to that owner: a rule with managed: false in permittedHostDevices.qat.physicalFunctions.`,
  });
}

/** The finding that another device plugin offers QAT on this node. `shared`: another prefix says that this is wanted. */
export function foreignPlugin(endpoints: readonly string[], shared: boolean): Finding {
  const finding = {
    code: 'ForeignOwner',
    subject: 'node',
    cause: `another QAT device plugin serves this node (${endpoints.join(', ')})`,
    remedy: shared
      ? 'Make sure that each card has one owner: rules with managed: false for those that the other plugin offers.'
      : 'Take the other plugin off this node, or set permittedHostDevices.qat.enabled to false, or share the node with another resourcePrefix and rules with managed: false.',
  } as const;
  return shared ? warning(finding) : error(finding);
}

/** The finding that the firmware does not answer. */
export function heartbeatLost(subject: PciAddress, queriesFailed: number): Finding {
  return error({
    code: 'HeartbeatLost',
    subject,
    cause: `its firmware does not answer (heartbeat -1, ${queriesFailed} queries failed)`,
    remedy:
      'Stop the guests that use it and reset the card, or switch its auto_reset on (echo on > qat/auto_reset; Linux 6.9).',
  });
}

/** The warning that a card's counters cannot be switched on. */
export function telemetryUnavailable(subject: PciAddress, errno: string): Finding {
  return warning({
    code: 'TelemetryUnavailable',
    subject,
    cause: `its telemetry cannot be switched on (${errno})`,
    remedy: 'Guests do not depend on it. Kernel lockdown forbids writes to debugfs; else look at the kernel log.',
    errno,
  });
}

/** The finding that fatal errors were counted since the card was last known to be well. */
export function fatalErrors(subject: PciAddress, count: number): Finding {
  return error({
    code: 'FatalErrors',
    subject,
    cause: `it counted ${count} fatal error${count === 1 ? '' : 's'}`,
    remedy: `Look at the kernel log and reset the card; when it is well, echo 1 > /sys/bus/pci/devices/${subject}/qat_ras/reset_error_counters.`,
  });
}

/** The finding that a bound device has no node. */
export function deviceNodeMissing(subject: PciAddress, path: string): Finding {
  return error({
    code: 'DeviceNodeMissing',
    subject,
    cause: `${path} is not there although the device is bound to vfio`,
    remedy: 'Check that the module vfio_iommu_type1 is loaded and that the host has devtmpfs on /dev.',
  });
}

/** The finding that the rest of the group is in a guest. */
export function groupInUse(subject: PciAddress, group: number, holder: PciAddress): Finding {
  return error({
    code: 'GroupInUse',
    subject,
    cause: `${holder} of the same IOMMU group ${group} is allocated, and a group cannot be split between guests`,
    remedy:
      'It is free again when that guest is gone. A slot whose root port has ACS gives each function a group of its own.',
  });
}
