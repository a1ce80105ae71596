import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { needsInterruptRemapping } from './features.ts';

/** Guests with more vCPUs than xAPIC can address get an IOMMU that remaps interrupts (libvirt demands it from 256 on). */
export function iommuDevice(context: Context): Element[] {
  if (!needsInterruptRemapping(context)) return [];
  return [element('iommu', { model: 'intel' }, element('driver', { intremap: 'on', eim: 'on' }))];
}
