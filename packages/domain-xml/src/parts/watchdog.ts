import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** A watchdog and what happens when the guest stops feeding it. */
export function watchdog({ devices }: Context): Element[] {
  const device = devices.watchdog;
  const [model, settings] =
    device?.i6300esb !== undefined ? ['i6300esb', device.i6300esb] : ['diag288', device?.diag288];
  if (device === undefined || settings === undefined) return [];
  return [
    element(
      'watchdog',
      { model: String(model), action: typeof settings === 'object' ? (settings.action ?? 'reset') : 'reset' },
      element('alias', { name: `ua-${device.name}` }),
    ),
  ];
}
