import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { iommuDriver } from './iommu.ts';

/** Entropy from the node. /dev/urandom never blocks and is as good after boot (random(7)). */
export function rng(context: Context): Element[] {
  if (context.devices.rng === undefined) return [];
  return [
    element(
      'rng',
      { model: context.virtioModel },
      element('backend', { model: 'random' }, '/dev/urandom'),
      iommuDriver(context),
    ),
  ];
}
