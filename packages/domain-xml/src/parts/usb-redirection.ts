import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** Slots for USB devices of the client at the other end of `virtctl usbredir`. Their number is part of the API. */
const slots = 4;

/** USB redirection channels, each on a socket of its own. */
export function usbRedirection({ devices, facts }: Context): Element[] {
  if (devices.clientPassthrough === undefined) return [];
  return Array.from({ length: slots }, (_, slot) =>
    element(
      'redirdev',
      { bus: 'usb', type: 'unix' },
      element('source', { mode: 'bind', path: `${facts.runDirectory}/usbredir${slot}` }),
    ),
  );
}
