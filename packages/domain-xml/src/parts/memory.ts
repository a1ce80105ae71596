import { wholeUnits } from '@quickvirt/api';
import { annotationOf, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';
import { guestNuma, needsSharedMemory } from './numa.ts';

/** RAM, the most it may grow to, and what backs it. */
export function memory(context: Context): Element[] {
  return [
    element('memory', { unit: 'b' }, String(context.guestMemoryBytes)),
    ...maxMemory(context),
    ...backing(context),
  ];
}

function maxMemory({ domain, facts }: Context): Element[] {
  const maxGuest = domain.memory?.maxGuest;
  if (maxGuest === undefined) return [];
  const slots = hasModernLibvirt(facts) ? 0 : 1;
  return [element('maxMemory', { unit: 'b', slots }, String(wholeUnits(maxGuest)))];
}

function backing(context: Context): Element[] {
  const { domain } = context;
  const hugepages = domain.memory?.hugepages;
  const shared = needsSharedMemory(context);
  if (hugepages === undefined && !shared) return [];
  const memfd = shared || annotationOf(context.vmi, 'memfd') !== 'false';
  return [
    element(
      'memoryBacking',
      {},
      hugepages !== undefined &&
        element(
          'hugepages',
          {},
          guestNuma(context)
            .map((cell) => cell.page)
            .filter((page) => page !== undefined),
        ),
      memfd && element('source', { type: 'memfd' }),
      shared && element('access', { mode: 'shared' }),
      domain.cpu?.numa?.guestMappingPassthrough !== undefined && element('allocation', { mode: 'immediate' }),
      domain.cpu?.realtime !== undefined && element('nosharepages'),
    ),
  ];
}
