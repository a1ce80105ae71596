import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The sound card. */
export function sound({ devices }: Context): Element[] {
  if (devices.sound === undefined) return [];
  return [
    element('sound', { model: devices.sound.model || 'ich9' }, element('alias', { name: `ua-${devices.sound.name}` })),
  ];
}
