import { annotationOf, unlessFalse, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** Whether the guest has a screen. */
export const hasGraphics = ({ devices }: Context): boolean => unlessFalse(devices.autoattachGraphicsDevice);

/** Video memory of a device that the VMI names, in KiB: enough for 2560 x 1600 at 32 bits. */
const namedVideoVramKiB = 16384;

/** A video device and VNC on a socket that only the launcher reaches: nothing listens on the network. */
export function graphics(context: Context): Element[] {
  if (!hasGraphics(context)) return [];
  const { devices, facts } = context;
  const named = devices.video?.type;
  const { type, vramKiB } = named === undefined ? defaultVideo(context) : { type: named, vramKiB: namedVideoVramKiB };
  return [
    element('video', {}, element('model', { type, heads: 1, vram: vramKiB })),
    element('graphics', { type: 'vnc' }, element('listen', { type: 'socket', socket: `${facts.runDirectory}/vnc` })),
  ];
}

/** bochs needs no legacy VGA, which UEFI guests do without; the annotation keeps VGA for those that do not. */
function defaultVideo({ architecture, efi, vmi }: Context) {
  const { bios, efi: efiVideo } = architecture.video;
  return efi && annotationOf(vmi, 'vgaDisplayEfiX86') !== 'true' ? efiVideo : bios;
}
