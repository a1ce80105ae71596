import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/**
 * Guests with encrypted memory let devices reach bounce buffers only: virtio must use the DMA API, which `iommu=on` asks
 * for. Source: libvirt, "Launch security with AMD SEV", section on virtio.
 */
const encryptsMemory = ({ domain }: Context): boolean =>
  domain.launchSecurity?.sev !== undefined || domain.launchSecurity?.snp !== undefined;

/** Value of the `iommu` attribute of a virtio device's driver. */
export const iommuAttribute = (context: Context): 'on' | undefined => (encryptsMemory(context) ? 'on' : undefined);

/** `<driver iommu='on'/>` for virtio devices without other driver attributes. */
export const iommuDriver = (context: Context): Element[] =>
  encryptsMemory(context) ? [element('driver', { iommu: 'on' })] : [];
