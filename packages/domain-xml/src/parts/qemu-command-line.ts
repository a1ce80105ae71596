import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** QEMU options that libvirt has no element for: Ignition data, by the name that Fedora CoreOS reads. */
export function qemuCommandLine({ facts }: Context): Element[] {
  if (facts.ignitionPath === undefined) return [];
  return [
    element(
      'qemu:commandline',
      {},
      element('qemu:arg', { value: '-fw_cfg' }),
      element('qemu:arg', { value: `name=opt/com.coreos/config,file=${facts.ignitionPath}` }),
    ),
  ];
}
