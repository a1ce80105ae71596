import {
  annotations,
  type Devices,
  type DomainSpec,
  tryParseQuantity,
  type Volume,
  type VirtualMachineInstance,
  wholeUnits,
} from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { architectureProfiles, type ArchitectureProfile } from './architecture.ts';
import { ConversionError } from './conversion-error.ts';
import type { DomainFacts } from './facts.ts';

/** What every part of a domain is made from. */
export interface Context {
  vmi: VirtualMachineInstance;
  domain: DomainSpec;
  devices: Devices;
  config: DomainConfig;
  facts: DomainFacts;
  architecture: ArchitectureProfile;
  /** True when QEMU translates the guest's code itself (no KVM). */
  emulated: boolean;
  /** virtio model attribute of most devices, for example `virtio-non-transitional`. */
  virtioModel: string;
  topology: CpuTopology;
  volumes: Record<string, Volume>;
  guestMemoryBytes: bigint;
  /** Whether the guest boots with UEFI. */
  efi: boolean;
}

/** Sockets, cores and threads that the guest starts with, and the sockets it may grow to. */
export interface CpuTopology {
  sockets: number;
  cores: number;
  threads: number;
  maxSockets: number;
  /** vCPUs at start. */
  vcpus: number;
  /** vCPUs with all sockets plugged in. */
  maxVcpus: number;
}

/** Gathers what the parts share. @throws ConversionError when the VMI's architecture or memory cannot be served. */
export function contextOf(vmi: VirtualMachineInstance, config: DomainConfig, facts: DomainFacts): Context {
  const { domain } = vmi.spec;
  const name = vmi.spec.architecture ?? 'amd64';
  const architecture = architectureProfiles[name];
  if (architecture === undefined) {
    throw new ConversionError(
      'spec.architecture',
      `${JSON.stringify(name)} is not one of ${Object.keys(architectureProfiles).join(', ')}`,
    );
  }
  const bootloader = domain.firmware?.bootloader;
  return {
    vmi,
    domain,
    devices: domain.devices,
    config,
    facts,
    architecture,
    emulated: config.useEmulation,
    virtioModel: virtioModelOf(architecture, domain.devices.useVirtioTransitional === true),
    topology: cpuTopologyOf(domain),
    volumes: Object.fromEntries((vmi.spec.volumes ?? []).map((volume) => [volume.name, volume])),
    guestMemoryBytes: guestMemoryBytesOf(domain),
    efi: bootloader?.efi !== undefined || (architecture.efiByDefault && bootloader?.bios === undefined),
  };
}

function virtioModelOf(architecture: ArchitectureProfile, transitional: boolean): string {
  if (!architecture.virtioVariants) return 'virtio';
  return transitional ? 'virtio-transitional' : 'virtio-non-transitional';
}

/** The guest's topology; what the VMI leaves out is 1, and without any the CPU limit or request gives the sockets. */
function cpuTopologyOf(domain: DomainSpec): CpuTopology {
  const { cpu } = domain;
  const stated = cpu?.sockets !== undefined || cpu?.cores !== undefined || cpu?.threads !== undefined;
  const cpuQuantity = domain.resources?.limits?.['cpu'] ?? domain.resources?.requests?.['cpu'];
  const sockets =
    cpu?.sockets || (stated || cpuQuantity === undefined ? 1 : Math.max(1, Number(wholeUnits(cpuQuantity))));
  const cores = cpu?.cores || 1;
  const threads = cpu?.threads || 1;
  const maxSockets = Math.max(cpu?.maxSockets ?? 0, sockets);
  return {
    sockets,
    cores,
    threads,
    maxSockets,
    vcpus: sockets * cores * threads,
    maxVcpus: maxSockets * cores * threads,
  };
}

/** RAM that the guest sees, in bytes. @throws ConversionError when nothing states it. */
function guestMemoryBytesOf(domain: DomainSpec): bigint {
  const stated = domain.memory?.guest ?? domain.resources?.requests?.['memory'] ?? domain.resources?.limits?.['memory'];
  const quantity = tryParseQuantity(stated);
  if (quantity === undefined) {
    throw new ConversionError('spec.domain.memory.guest', `${JSON.stringify(stated)} is no amount of memory`);
  }
  if (quantity.nano < 0n) {
    throw new ConversionError('spec.domain.memory.guest', `${String(stated)} is negative`);
  }
  return wholeUnits(quantity);
}

/** True for a flag that is on by default and not turned off. */
export const unlessFalse = (flag: boolean | undefined): boolean => flag !== false;

/** True for a feature that is present: an entry without `enabled` counts as enabled. */
export const isEnabled = (feature: { enabled?: boolean } | undefined): boolean =>
  feature !== undefined && feature.enabled !== false;

/** The text of a VMI annotation. */
export const annotationOf = (vmi: VirtualMachineInstance, key: keyof typeof annotations): string | undefined =>
  vmi.metadata.annotations?.[annotations[key]];
