import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The guest agent's channel, and the one for metrics of the host when asked for. */
export function channels({ devices, facts }: Context): Element[] {
  return [
    element('channel', { type: 'unix' }, element('target', { type: 'virtio', name: 'org.qemu.guest_agent.0' })),
    ...(devices.downwardMetrics === undefined
      ? []
      : [
          element(
            'channel',
            { type: 'unix' },
            element('source', { mode: 'bind', path: `${facts.runDirectory}/downward-metrics` }),
            // The name that the guest's vm-dump-metrics opens.
            element('target', { type: 'virtio', name: 'org.github.vhostmd.1' }),
          ),
        ]),
  ];
}
