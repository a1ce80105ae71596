import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** Depth of a virtiofs request queue: virtiofsd's own default is 128, which small random reads exhaust. */
const queueSize = 1024;

/** Directories shared through virtiofsd, which runs in a container of its own. */
export function filesystems({ devices, facts }: Context): Element[] {
  return (devices.filesystems ?? []).map((filesystem, index) => {
    const socket = facts.virtiofsSockets?.[filesystem.name];
    if (socket === undefined) {
      throw new ConversionError(
        `spec.domain.devices.filesystems[${index}]`,
        `no virtiofsd serves volume ${JSON.stringify(filesystem.name)}`,
      );
    }
    return element(
      'filesystem',
      { type: 'mount', accessmode: 'passthrough' },
      element('driver', { type: 'virtiofs', queue: queueSize }),
      element('source', { socket }),
      element('target', { dir: filesystem.name }),
    );
  });
}
