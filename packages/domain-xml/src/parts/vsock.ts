import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** A vsock with the context id that virt-controller gave the VMI. */
export function vsock({ devices, vmi, virtioModel }: Context): Element[] {
  if (devices.autoattachVSOCK !== true) return [];
  const cid = vmi.status?.VSOCKCID;
  if (cid === undefined) {
    throw new ConversionError('spec.domain.devices.autoattachVSOCK', 'status.VSOCKCID has not been assigned yet');
  }
  return [element('vsock', { model: virtioModel }, element('cid', { auto: 'no', address: cid }))];
}
