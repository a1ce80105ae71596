import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { hasGraphics } from './graphics.ts';

/** Tablets of the VMI, and what an architecture without PS/2 needs to be usable over VNC. */
export function inputs(context: Context): Element[] {
  const own = context.devices.inputs ?? [];
  const implied = hasGraphics(context)
    ? context.architecture.graphicsInputs.filter(({ type }) => !own.some((input) => input.type === type))
    : [];
  return [
    ...own.map(({ name, type, bus = 'usb' }) =>
      element(
        'input',
        { type, bus, model: bus === 'virtio' ? 'virtio' : undefined },
        element('alias', { name: `ua-${name}` }),
      ),
    ),
    ...implied.map(({ type, bus }) => element('input', { type, bus })),
  ];
}
