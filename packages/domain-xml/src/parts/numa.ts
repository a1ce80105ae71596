import { wholeUnits } from '@quickvirt/api';
import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import type { HostNumaCell } from '../facts.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';

/** A NUMA cell of the guest and what libvirt has to know of it. */
export interface GuestNumaCell {
  /** The `<cell>` of `<cpu><numa>`. */
  cell: Element;
  /** Huge pages of the cell, in `<memoryBacking>`. */
  page?: Element;
  /** Host cell that the guest's cell is bound to, in `<numatune>`. */
  hostCell?: number;
}

/** True when another process must see the guest's RAM: virtiofsd and passt map it. */
export function needsSharedMemory({ devices }: Context): boolean {
  return (
    (devices.filesystems ?? []).some((filesystem) => filesystem.virtiofs !== undefined) ||
    (devices.interfaces ?? []).some((networkInterface) => networkInterface.passtBinding !== undefined)
  );
}

/**
 * The guest's NUMA cells: the host's when they are passed through; else one for all when huge pages or shared memory
 * are used, because libvirt backs memory by memfd per cell; else none.
 */
export function guestNuma(context: Context): GuestNumaCell[] {
  const { domain, topology, guestMemoryBytes, facts } = context;
  if (domain.cpu?.numa?.guestMappingPassthrough !== undefined) return passedThrough(context);
  // libvirt 9.0 plugs memory into NUMA cells only.
  const pluggable = domain.memory?.maxGuest !== undefined && !hasModernLibvirt(facts);
  if (domain.memory?.hugepages === undefined && !needsSharedMemory(context) && !pluggable) return [];
  return [
    {
      cell: element('cell', {
        id: 0,
        cpus: `0-${topology.maxVcpus - 1}`,
        memory: String(guestMemoryBytes / 1024n),
        unit: 'KiB',
      }),
    },
  ];
}

function passedThrough(context: Context): GuestNumaCell[] {
  const { facts, topology, guestMemoryBytes, domain } = context;
  const cpuSet = facts.cpuSet;
  if (cpuSet === undefined || facts.numaCells === undefined) {
    throw new ConversionError(
      'spec.domain.cpu.numa.guestMappingPassthrough',
      'the CPU set and the NUMA cells of the node are not known to the launcher',
    );
  }
  const pinned = cpuSet.slice(0, topology.vcpus);
  const used = facts.numaCells
    .map((host) => ({ host, vcpus: pinned.flatMap((cpu, vcpu) => (host.cpus.includes(cpu) ? [vcpu] : [])) }))
    .filter(({ vcpus }) => vcpus.length > 0);
  const pageBytes = wholeUnits(domain.memory?.hugepages?.pageSize ?? '2Mi');
  const shares = memoryShares(guestMemoryBytes, pageBytes, used.length);
  const guestIdOf = new Map(used.map(({ host }, guestId) => [host.id, guestId]));
  return used.map(({ host, vcpus }, guestId) => ({
    cell: element(
      'cell',
      { id: guestId, cpus: vcpus.join(','), memory: String(shares[guestId]), unit: 'b' },
      element('distances', {}, distances(host, guestIdOf)),
    ),
    page: element('page', { size: String(pageBytes), unit: 'b', nodeset: guestId }),
    hostCell: host.id,
  }));
}

function distances(host: HostNumaCell, guestIdOf: Map<number, number>): Element[] {
  return host.distances.flatMap(({ cell, value }) => {
    const id = guestIdOf.get(cell);
    return id === undefined ? [] : [element('sibling', { id, value })];
  });
}

/** Splits the RAM evenly into whole pages; the first cell takes what does not divide. */
function memoryShares(total: bigint, pageBytes: bigint, cells: number): bigint[] {
  const share = (total / BigInt(cells) / pageBytes) * pageBytes;
  return Array.from({ length: cells }, (_, cell) => (cell === 0 ? total - share * BigInt(cells - 1) : share));
}
