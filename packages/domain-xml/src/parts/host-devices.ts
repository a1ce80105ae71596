import { pciAddress } from '../address.ts';
import { ConversionError } from '../conversion-error.ts';
import { isEnabled, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import type { HostDeviceFacts } from '../facts.ts';

interface Request {
  name: string;
  field: string;
  alias: string;
  display?: boolean;
  ramFb?: boolean;
  bootOrder?: number;
  pciAddress?: string;
  acpiIndex?: number;
}

/** Devices of the node given to the guest: PCI functions, mediated devices, USB devices, SR-IOV network functions. */
export function hostDevices(context: Context): Element[] {
  return requests(context).flatMap((request) => {
    const device = context.facts.hostDevices?.[request.name];
    if (device === undefined) {
      throw new ConversionError(request.field, `no device was given to the pod for ${JSON.stringify(request.name)}`);
    }
    return [hostDevice(request, device)];
  });
}

function requests({ devices, facts }: Context): Request[] {
  const gpus = (devices.gpus ?? []).map((gpu, index) => {
    const { display } = gpu.virtualGPUOptions ?? {};
    const shown = display !== undefined ? display.enabled !== false : undefined;
    return {
      name: gpu.name,
      field: `spec.domain.devices.gpus[${index}]`,
      alias: `ua-gpu-${gpu.name}`,
      display: shown,
      ramFb: shown === true && (display?.ramFB === undefined || isEnabled(display.ramFB)),
    };
  });
  const others = (devices.hostDevices ?? []).map((device, index) => ({
    name: device.name,
    field: `spec.domain.devices.hostDevices[${index}]`,
    alias: `ua-${facts.hostDevices?.[device.name]?.kind === 'usb' ? 'usb-host' : 'hostdevice'}-${device.name}`,
  }));
  const sriov = (devices.interfaces ?? []).flatMap((networkInterface, index) =>
    networkInterface.sriov === undefined || networkInterface.state === 'absent'
      ? []
      : [
          {
            name: networkInterface.name,
            field: `spec.domain.devices.interfaces[${index}]`,
            alias: `ua-sriov-${networkInterface.name}`,
            bootOrder: networkInterface.bootOrder,
            pciAddress: networkInterface.pciAddress,
            acpiIndex: networkInterface.acpiIndex,
          },
        ],
  );
  return [...sriov, ...gpus, ...others];
}

function hostDevice(request: Request, device: HostDeviceFacts): Element {
  const rest = [
    request.bootOrder !== undefined && element('boot', { order: request.bootOrder }),
    element('alias', { name: request.alias }),
    request.acpiIndex !== undefined && element('acpi', { index: request.acpiIndex }),
    request.pciAddress ? pciAddress(request.pciAddress, `${request.field}.pciAddress`) : undefined,
  ];
  switch (device.kind) {
    case 'pci':
      return element(
        'hostdev',
        { mode: 'subsystem', type: 'pci', managed: 'no' },
        element('source', {}, withoutType(pciAddress(device.address, request.field))),
        rest,
      );
    case 'mdev':
      return element(
        'hostdev',
        {
          mode: 'subsystem',
          type: 'mdev',
          model: 'vfio-pci',
          display: request.display === true ? 'on' : undefined,
          ramfb: request.ramFb === true ? 'on' : undefined,
        },
        element('source', {}, element('address', { uuid: device.uuid })),
        rest,
      );
    case 'usb':
      return element(
        'hostdev',
        { mode: 'subsystem', type: 'usb' },
        element('source', {}, element('address', { bus: device.bus, device: device.device })),
        rest,
      );
  }
}

/** A source's address is one of the node's: libvirt's schema has no type there. */
const withoutType = (address: Element): Element => ({
  ...address,
  attributes: { ...address.attributes, type: undefined },
});
