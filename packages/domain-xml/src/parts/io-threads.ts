import { type Disk, wholeUnits } from '@quickvirt/api';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';
import { busOf } from './disk-bus.ts';

/** How many I/O threads there are, and which one a disk uses. */
interface Assignment {
  count: number;
  threadOf: Map<string, number>;
}

/** `<iothreads>`, when a policy or a disk asks for them. */
export function ioThreads(context: Context): Element[] {
  const count = ioThreadCount(context);
  return count === 0 ? [] : [element('iothreads', {}, count)];
}

/** Number of I/O threads of the domain. */
export const ioThreadCount = (context: Context): number => assign(context).count;

/** The I/O thread that serves a disk, from 1; undefined when QEMU's main loop does. */
export const ioThreadOf = (context: Context, disk: Disk): number | undefined => assign(context).threadOf.get(disk.name);

/** Disks with a thread of their own come after the shared ones, which are dealt out in turn. */
function assign(context: Context): Assignment {
  const { domain, devices } = context;
  const policy = domain.ioThreadsPolicy;
  const disks = devices.disks ?? [];
  const dedicated = disks.filter((disk) => disk.dedicatedIOThread === true).length;
  if (policy === undefined && dedicated === 0) return { count: 0, threadOf: new Map() };
  const shared =
    policy === 'supplementalPool'
      ? (domain.ioThreads?.supplementalPoolThreadCount ?? 0)
      : sharedThreads(context, dedicated);
  const threadOf = new Map<string, number>();
  let nextShared = 0;
  let nextDedicated = shared;
  for (const disk of disks) {
    if (busOf(context, disk) !== 'virtio') continue;
    if (policy !== 'supplementalPool' && disk.dedicatedIOThread === true) threadOf.set(disk.name, ++nextDedicated);
    else if (shared > 0) threadOf.set(disk.name, (nextShared++ % shared) + 1);
  }
  return { count: policy === 'supplementalPool' ? shared : shared + dedicated, threadOf };
}

/**
 * As many as fit beside the dedicated ones: one in all with `shared`, two a requested CPU with `auto`. What shares has
 * one at least once the limit is passed.
 */
function sharedThreads({ domain, devices }: Context, dedicated: number): number {
  if (domain.ioThreadsPolicy === undefined) return 0;
  const sharing = (devices.disks ?? []).length - dedicated;
  const limit = domain.ioThreadsPolicy === 'shared' ? 1 : 2 * requestedCpus(domain);
  return sharing + dedicated <= limit ? sharing : Math.max(1, limit - dedicated);
}

function requestedCpus({ resources }: Context['domain']): number {
  const cpuQuantity = resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'];
  return cpuQuantity === undefined ? 1 : Number(wholeUnits(cpuQuantity));
}

/** Every thread of the pool, for each virtio disk, when the VMI asks for a pool and libvirt can spread a disk over it. */
export function ioThreadPool(context: Context, disk: Disk): Element | undefined {
  const { domain, facts } = context;
  if (domain.ioThreadsPolicy !== 'supplementalPool' || !hasModernLibvirt(facts)) return undefined;
  if (busOf(context, disk) !== 'virtio') return undefined;
  const ids = Array.from({ length: ioThreadCount(context) }, (_, index) => index + 1);
  return element(
    'iothreads',
    {},
    ids.map((id) => element('iothread', { id })),
  );
}
