import type { DomainFacts } from './facts.ts';

/**
 * Two generations of libvirt are told apart: 9.0, which Debian 12 and our launcher image have, and 12.0. What is named
 * here is refused by the schema or the QEMU driver of 9.0 and taken by 12.0; the releases between are served as 9.0,
 * which they all still understand.
 */
const modern = 12_000_000;

/**
 * True when libvirt takes: a memory maximum without DIMM slots or NUMA cells, moved SCSI reservations, discard
 * granularity, extended TLB flushes, disks on several I/O threads, passt over vhost-user.
 */
export const hasModernLibvirt = ({ libvirtVersion }: Pick<DomainFacts, 'libvirtVersion'>): boolean =>
  libvirtVersion >= modern;
