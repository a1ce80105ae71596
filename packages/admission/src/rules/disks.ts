import type { BlockSize, Disk } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, notSupported, oneOf, quoted, type Cause } from '../cause.ts';
import { dnsLabelProblem } from './names.ts';
import { pciAddressPattern } from './pci-address.ts';
import type { RuleContext, SpecRule } from './rule.ts';

const targets = ['disk', 'lun', 'cdrom'] as const;
const buses = ['virtio', 'sata', 'scsi', 'usb'];
const caches = ['none', 'writethrough', 'writeback'];
const errorPolicies = ['stop', 'ignore', 'report', 'enospace'];
const ioModes = ['native', 'threads'];
/** QEMU's limits of a logical or physical block, in bytes (block size properties of hw/block). */
const blockSizeBytes = { min: 512, max: 2_097_152 };
const serialMaxLength = 256;

/** Each disk by itself, and that names and boot orders are unique. */
export const diskRules: SpecRule = (spec, path, context) => {
  const disks = spec.domain.devices.disks ?? [];
  const list = `${path}.domain.devices.disks`;
  const firstByName = new Map<string, number>();
  const bootOrders = new Set<number>();
  return disks.flatMap((disk, index) => {
    const field = `${list}[${index}]`;
    // KubeVirt names the list twice in some of its paths, and clients show them so.
    const doubled = `${list}.domain.devices.disks[${index}]`;
    const causes: Cause[] = [];
    const first = firstByName.get(disk.name);
    if (first === undefined) firstByName.set(disk.name, index);
    else
      causes.push(
        invalid(
          `${field}.name`,
          `${list}[${first}] and ${field} must not have the same Name. Give each disk a name of its own, not ${quoted(disk.name)}`,
        ),
      );
    const nameProblem = dnsLabelProblem(disk.name);
    if (nameProblem) causes.push(invalid(`${doubled}.name`, `disk name ${nameProblem}`));
    if (disk.bootOrder !== undefined) {
      if (disk.bootOrder < 1)
        causes.push(invalid(`${field}.bootOrder`, `a boot order starts at 1, not ${disk.bootOrder}`));
      else if (bootOrders.has(disk.bootOrder))
        causes.push(invalid(`${field}.bootOrder`, `boot order ${disk.bootOrder} belongs to another device`));
      bootOrders.add(disk.bootOrder);
    }
    return [
      ...causes,
      ...targetRules(disk, field),
      ...busRules(disk, field),
      ...pciRules(disk, index, list),
      ...tuningRules(disk, field, doubled, list, context),
    ];
  });
};

function targetRules(disk: Disk, field: string): Cause[] {
  const set = targets.filter((target) => disk[target]);
  return set.length > 1
    ? [
        invalid(
          field,
          `disk ${quoted(disk.name)} can only have a single target type defined; it is a ${set.join(' and a ')}`,
        ),
      ]
    : [];
}

function pciRules(disk: Disk, index: number, list: string): Cause[] {
  const { pciAddress, bus } = disk.disk ?? {};
  if (!pciAddress) return [];
  const field = `${list}.domain.devices.disks.disk[${index}].pciAddress`;
  if (bus && bus !== 'virtio')
    return [invalid(field, `a PCI address can be set for bus virtio only, and disk ${quoted(disk.name)} is on ${bus}`)];
  return pciAddressPattern.test(pciAddress)
    ? []
    : [invalid(field, `${quoted(pciAddress)} is no PCI address; write it as 0000:81:01.0`)];
}

function busRules(disk: Disk, field: string): Cause[] {
  const target = targets.find((name) => disk[name]);
  const bus: string | undefined = target && disk[target]?.bus;
  if (!target || !bus) return [];
  const busField = `${field}.${target}.bus`;
  if (bus === 'ide') return [invalid(busField, 'IDE bus is not supported; use sata for guests without virtio drivers')];
  if (target === 'cdrom' && bus === 'virtio')
    return [invalid(busField, 'Bus type virtio is invalid for CD-ROM device; use sata, scsi or usb')];
  if (!buses.includes(bus)) return [invalid(busField, `bus ${oneOf(bus, buses)}`)];
  if (target === 'disk' && bus === 'sata' && disk.disk?.readonly) {
    return [invalid(busField, 'sata hard-disks do not support read-only; use virtio or scsi, or make it a cdrom')];
  }
  return [];
}

function tuningRules(disk: Disk, field: string, doubled: string, list: string, context: RuleContext): Cause[] {
  const causes: Cause[] = [];
  const bus = disk.disk?.bus ?? disk.lun?.bus ?? disk.cdrom?.bus;
  if (disk.serial !== undefined) {
    if (!/^[A-Za-z0-9_.+-]*$/.test(disk.serial))
      causes.push(invalid(`${field}.serial`, `a serial has letters, digits and _.+- only, not ${quoted(disk.serial)}`));
    if (disk.serial.length > serialMaxLength)
      causes.push(
        invalid(
          `${field}.serial`,
          `a serial has at most ${serialMaxLength} characters, this one ${disk.serial.length}`,
        ),
      );
  }
  if (disk.cache && !caches.includes(disk.cache))
    causes.push(invalid(`${field}.cache`, `cache mode ${oneOf(disk.cache, caches)}`));
  if (disk.io && !ioModes.includes(disk.io))
    causes.push(notSupported(`${doubled}.io`, `I/O mode ${oneOf(disk.io, ioModes)}`));
  if (disk.errorPolicy && !errorPolicies.includes(disk.errorPolicy))
    causes.push(invalid(`${field}.errorPolicy`, `error policy ${oneOf(disk.errorPolicy, errorPolicies)}`));
  if (disk.dedicatedIOThread && bus && bus !== 'virtio' && bus !== 'scsi') {
    causes.push(
      notSupported(
        doubled,
        `IOThreads are not supported for disks on a ${bus} bus; put ${quoted(disk.name)} on virtio or scsi`,
      ),
    );
  }
  if (disk.lun?.reservation && !context.config.persistentReservation) {
    causes.push(
      invalid(
        `${list}.luns.reservation`,
        'SCSI persistent reservations are not switched on in the KubeVirt object (spec.configuration.persistentReservationConfiguration)',
      ),
    );
  }
  if (disk.changedBlockTracking && !featureGateEnabled(context.config, 'IncrementalBackup')) {
    causes.push(
      invalid(
        `${field}.changedBlockTracking`,
        'changed block tracking needs the feature gate IncrementalBackup in the KubeVirt object',
      ),
    );
  }
  if (disk.blockSize) causes.push(...blockSizeRules(disk.blockSize, bus, `${field}.blockSize`));
  return causes;
}

function blockSizeRules({ custom, matchVolume }: BlockSize, bus: string | undefined, field: string): Cause[] {
  const causes: Cause[] = [];
  if (custom && matchVolume && matchVolume.enabled !== false) {
    causes.push(
      invalid(`${field}.matchVolume`, 'a block size is either matched to the volume or given in custom, not both'),
    );
  }
  if (!custom) return causes;
  const { logical = 0, physical = 0 } = custom;
  for (const [name, bytes] of [
    ['logical', logical],
    ['physical', physical],
  ] as const) {
    if (bytes < blockSizeBytes.min || bytes > blockSizeBytes.max) {
      causes.push(
        invalid(
          `${field}.custom.${name}`,
          `a block has ${blockSizeBytes.min} to ${blockSizeBytes.max} bytes, not ${bytes}`,
        ),
      );
    } else if ((bytes & (bytes - 1)) !== 0)
      causes.push(invalid(`${field}.custom.${name}`, `a block size is a power of two, not ${bytes}`));
  }
  if (logical > physical)
    causes.push(
      invalid(
        `${field}.custom.logical`,
        `the logical block (${logical} bytes) cannot be larger than the physical one (${physical})`,
      ),
    );
  if (bus === 'sata' && logical !== 512)
    causes.push(invalid(`${field}.custom.logical`, `a SATA disk has logical blocks of 512 bytes, not ${logical}`));
  return causes;
}
