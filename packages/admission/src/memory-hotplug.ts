import { tryParseQuantity, wholeUnits, type VirtualMachineInstanceSpec } from '@quickvirt/api';

const mebibyte = 1024n * 1024n;
/** Memory is added in blocks of this size, unless huge pages are larger. Source: virtio-mem's default block size. */
const blockBytes = 2n * mebibyte;
/** Smaller guests gain nothing from growing, and some hang over it. KubeVirt's limit. */
const minGuestBytes = 1024n * mebibyte;

/**
 * Why a guest's memory cannot grow up to `maxGuestBytes` while it runs, in words; undefined when it can.
 */
export function memoryHotplugProblem(spec: VirtualMachineInstanceSpec, maxGuestBytes: bigint): string | undefined {
  const { cpu, memory, launchSecurity } = spec.domain;
  const guest = bytesOf(memory?.guest);
  if (cpu?.realtime) return 'the memory of a realtime guest cannot grow: leave maxGuest out';
  if (launchSecurity) return 'the memory of an encrypted guest cannot grow: leave maxGuest out';
  if (cpu?.numa?.guestMappingPassthrough) return 'memory that mirrors NUMA nodes cannot grow: leave maxGuest out';
  if (guest === undefined) return 'memory can grow only where memory.guest says from what';
  if (guest > maxGuestBytes) return `the guest has ${memory?.guest} at start, more than its maxGuest`;
  if (guest < minGuestBytes) return `memory can grow for guests of at least 1Gi, and this one has ${memory?.guest}`;
  if (spec.architecture !== undefined && spec.architecture !== 'amd64') {
    return `memory cannot grow on ${spec.architecture}: leave maxGuest out`;
  }
  const page = bytesOf(memory?.hugepages?.pageSize) ?? 0n;
  const alignment = page > blockBytes ? page : blockBytes;
  if (maxGuestBytes % alignment !== 0n) return `maxGuest must be a multiple of ${alignment / mebibyte}Mi`;
  if (guest % alignment !== 0n) return `memory that can grow must be a multiple of ${alignment / mebibyte}Mi`;
  return undefined;
}

/** Bytes of a quantity; undefined where there is none, or none that can be read. */
export function bytesOf(quantity: unknown): bigint | undefined {
  const parsed = quantity === undefined ? undefined : tryParseQuantity(quantity);
  return parsed && wholeUnits(parsed);
}
