import type { Interface } from '@quickvirt/api';
import { pciAddress } from '../address.ts';
import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';
import { iommuAttribute } from './iommu.ts';

/** Network interfaces: on taps that virt-handler made, or on passt. SR-IOV functions are host devices. */
export function interfaces(context: Context): Element[] {
  return (context.devices.interfaces ?? []).flatMap((networkInterface, index) => {
    if (networkInterface.sriov !== undefined || networkInterface.state === 'absent') return [];
    if (isDetachedBinding(context, networkInterface)) return [];
    return [interfaceElement(context, networkInterface, index)];
  });
}

/** A binding plugin without an attachment type brings its own device (by a hook sidecar): nothing is written here. */
function isDetachedBinding({ config }: Context, { binding }: Interface): boolean {
  if (binding === undefined) return false;
  return config.networkBindings[binding.name]?.domainAttachmentType === undefined;
}

function interfaceElement(context: Context, networkInterface: Interface, index: number): Element {
  const field = `spec.domain.devices.interfaces[${index}]`;
  const { name, state, bootOrder } = networkInterface;
  const tap = context.facts.taps?.[name];
  if (tap === undefined) {
    throw new ConversionError(field, `virt-handler has not set up interface ${JSON.stringify(name)} in the pod`);
  }
  const passt = networkInterface.passtBinding !== undefined;
  const model = networkInterface.model ?? 'virtio';
  return element(
    'interface',
    { type: passt ? (hasModernLibvirt(context.facts) ? 'vhostuser' : 'user') : 'ethernet' },
    (networkInterface.macAddress ?? tap.macAddress) !== '' &&
      !(passt && networkInterface.macAddress === undefined) &&
      element('mac', { address: normalizedMac(networkInterface.macAddress ?? tap.macAddress) }),
    passt
      ? passtBackend(tap.podInterfaceName ?? tap.deviceName, context.facts.runDirectory, networkInterface)
      : element('target', { dev: tap.deviceName, managed: 'no' }),
    element('model', { type: model === 'virtio' ? context.virtioModel : model }),
    driver(context, model),
    !passt && element('mtu', { size: tap.mtu }),
    state === 'down' && element('link', { state: 'down' }),
    bootOrder !== undefined && element('boot', { order: bootOrder }),
    element('alias', { name: `ua-${name}` }),
    // Network boot is for those who ask: a ROM costs time and memory at every start.
    bootOrder === undefined && context.architecture.optionRom && !passt && element('rom', { enabled: 'no' }),
    networkInterface.acpiIndex !== undefined && element('acpi', { index: networkInterface.acpiIndex }),
    networkInterface.pciAddress !== undefined &&
      networkInterface.pciAddress !== '' &&
      pciAddress(networkInterface.pciAddress, `${field}.pciAddress`),
  );
}

/** Linux gives a multi-queue tap at most 256 queues (MAX_TAP_QUEUES in drivers/net/tun.c). */
const maxTapQueues = 256;

function driver(context: Context, model: string): Element | undefined {
  if (model !== 'virtio') return undefined;
  const multiqueue = context.devices.networkInterfaceMultiqueue === true;
  const iommu = iommuAttribute(context);
  if (!multiqueue && iommu === undefined) return undefined;
  return element('driver', {
    // vhost needs /dev/vhost-net, which emulated guests' pods do without.
    name: context.emulated ? 'qemu' : 'vhost',
    queues: multiqueue ? Math.min(context.topology.vcpus, maxTapQueues) : undefined,
    iommu,
  });
}

function passtBackend(podInterface: string, runDirectory: string, { ports }: Interface): Element[] {
  const forwarded = (proto: 'tcp' | 'udp') => {
    const wanted = (ports ?? []).filter(({ protocol }) => (protocol ?? 'TCP').toLowerCase() === proto);
    if ((ports ?? []).length > 0 && wanted.length === 0) return [];
    return [
      element(
        'portForward',
        { proto },
        wanted.map(({ port }) => element('range', { start: port })),
      ),
    ];
  };
  return [
    element('source', { dev: podInterface }),
    element('backend', { type: 'passt', logFile: `${runDirectory}/passt.log` }),
    ...forwarded('tcp'),
    ...forwarded('udp'),
  ];
}

/** Windows writes addresses with dashes; libvirt takes colons only. */
const normalizedMac = (mac: string): string => mac.replaceAll('-', ':').toLowerCase();
