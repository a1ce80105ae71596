import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** What a reboot asked for by the guest does. */
export function lifecycle({ domain }: Context): Element[] {
  switch (domain.rebootPolicy) {
    case 'Reboot':
      return [element('on_reboot', {}, 'restart')];
    case 'Terminate':
      return [element('on_reboot', {}, 'destroy')];
    case undefined:
      return [];
  }
}
