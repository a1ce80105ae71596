import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** Devices by which a guest tells that its kernel panicked. */
export function panicDevices({ devices }: Context): Element[] {
  return (devices.panicDevices ?? []).map(({ model }) => element('panic', { model }));
}
