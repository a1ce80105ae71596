import { pciAddress, withoutType } from '../address.ts';
import { ConversionError } from '../conversion-error.ts';
import { isEnabled, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import type { HostDeviceFacts } from '../facts.ts';
import { expanderBusOf, type ExpanderBus, type HostDevicePort } from './expander-buses.ts';

/** A device of the node that the VMI asks for. */
interface Request {
  name: string;
  field: string;
  alias: string;
  display?: boolean;
  ramFb?: boolean;
  romBar?: boolean;
  bootOrder?: number;
  pciAddress?: string;
  acpiIndex?: number;
}

/** A device of the node in the guest. */
export interface HostDeviceElement {
  /** Name in gpus, hostDevices or interfaces. */
  name: string;
  /** libvirt's alias of it, for example `ua-hostdevice-qat0`. */
  alias: string;
  element: Element;
}

/**
 * Devices of the node given to the guest: PCI functions, mediated devices, USB devices, SR-IOV network functions. Before
 * them, the PCI buses by which a guest with NUMA cells sees on which of them a device is.
 */
export function hostDevices(context: Context): Element[] {
  const buses = expanderBusOf(context);
  return [...buses.flatMap((bus) => bus.controllers), ...hostDeviceElements(context, buses).map((one) => one.element)];
}

/** The devices one by one, as they are plugged into a running guest when no bus is named. @throws ConversionError for a device that the pod has not. */
export function hostDeviceElements(context: Context, buses: readonly ExpanderBus[] = []): HostDeviceElement[] {
  const ports = new Map(buses.flatMap(({ ports: own }) => own.map((port) => [port.deviceName, port] as const)));
  return requests(context).map((request) => {
    const device = context.facts.hostDevices?.[request.name];
    if (device === undefined) {
      throw new ConversionError(request.field, `no device was given to the pod for ${JSON.stringify(request.name)}`);
    }
    const { name, alias } = request;
    return { name, alias, element: hostDevice(request, device, ports.get(name)) };
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
    romBar: device.romBar,
    pciAddress: device.pciAddress,
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

function hostDevice(request: Request, device: HostDeviceFacts, port: HostDevicePort | undefined): Element {
  const rest = [
    request.bootOrder !== undefined && element('boot', { order: request.bootOrder }),
    element('alias', { name: request.alias }),
    request.acpiIndex !== undefined && element('acpi', { index: request.acpiIndex }),
    request.pciAddress ? pciAddress(request.pciAddress, `${request.field}.pciAddress`) : port?.address,
  ];
  switch (device.kind) {
    case 'pci':
      return element(
        'hostdev',
        { mode: 'subsystem', type: 'pci', managed: 'no' },
        // libvirt's default, but named: a device that cannot be opened then fails with its own errno.
        element('driver', { name: 'vfio' }),
        element('source', {}, withoutType(pciAddress(device.address, request.field))),
        request.romBar === false && element('rom', { bar: 'off' }),
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
