import type { DeviceStatus } from '@quickvirt/api';
import type { GuestViews } from './control-channel.ts';

/** A device that a guest should have, and what the stand-in's function says of itself. */
export interface ExpectedDevice {
  /** Name in `hostDevices`. */
  name: string;
  /** By which it was asked for; a claim's device has none. */
  resourceName?: string;
  /** What gave it, the resource or a claim's driver, and its name there. */
  heldAs: { from: string; id: string };
  /** On the node. */
  pciAddress: string;
  physicalFunction: string;
  numaNode: number;
  /** Vendor and product that the guest must see: those of the function itself. */
  vendorDevice: string;
  /** Whether the guest had it at boot, so that its firmware listed it. */
  atBoot: boolean;
}

/** All that is said about a guest's devices. */
export interface DeviceViews extends GuestViews {
  deviceStatus: readonly DeviceStatus[];
}

/** What QEMU says of one function (QMP `query-pci`). */
interface QemuPciDevice {
  bus: number;
  slot: number;
  function: number;
  qdev_id: string;
  id: { vendor: number; device: number };
  pci_bridge?: { devices?: QemuPciDevice[] };
}

/**
 * Where the views of a guest disagree with what it should have: kubelet, domain XML, QEMU, firmware and status must name
 * the same function. Empty when they all agree. Pure.
 */
export function disagreements(expected: ExpectedDevice, views: DeviceViews): string[] {
  const found: string[] = [];
  const check = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) found.push(`${what} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);
  };
  const { name, pciAddress } = expected;
  const alias = `ua-hostdevice-${name}`;
  const { from, id } = expected.heldAs;
  const given = views.allocated[from] ?? [];
  if (!given.includes(id)) found.push(`the kubelet gave ${given.join(', ') || 'nothing'} of ${from}, not ${id}`);
  check(`host address of ${alias} in the domain XML`, sourceAddress(views.domainXml, alias), pciAddress);
  const inGuest = functionsOf(views.queryPci).find(({ qdev_id: id }) => id === alias);
  check(`id of ${alias} in query-pci`, inGuest && vendorDevice(inGuest), expected.vendorDevice);
  if (expected.atBoot && inGuest) {
    // SeaBIOS, src/fw/pciinit.c: "PCI: init bdf=01:00.0 id=8086:5845"
    const line = `PCI: init bdf=${guestAddress(inGuest)} id=${expected.vendorDevice}`;
    if (!views.firmwareLog.includes(line)) found.push(`the firmware did not say "${line}"`);
  }
  const status = views.deviceStatus.find((device) => device.name === name);
  if (!status) return [...found, `status.deviceStatus has no ${name}`];
  check('status: deviceName', status.deviceName, expected.resourceName);
  check('status: pciAddress', status.pciAddress, pciAddress);
  check('status: physicalFunction', status.physicalFunction, expected.physicalFunction);
  check('status: numaNode', status.numaNode, expected.numaNode);
  check('status: driver', status.driver, 'vfio-pci');
  if (inGuest) check('status: guestPciAddress', status.guestPciAddress, `0000:${guestAddress(inGuest)}`);
  return found;
}

function functionsOf(queryPci: unknown): QemuPciDevice[] {
  const below = (devices: QemuPciDevice[]): QemuPciDevice[] =>
    devices.flatMap((device) => [device, ...below(device.pci_bridge?.devices ?? [])]);
  return (queryPci as { devices: QemuPciDevice[] }[]).flatMap(({ devices }) => below(devices));
}

const hexadecimal = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

const vendorDevice = ({ id }: QemuPciDevice): string => `${hexadecimal(id.vendor, 4)}:${hexadecimal(id.device, 4)}`;

const guestAddress = ({ bus, slot, function: part }: QemuPciDevice): string =>
  `${hexadecimal(bus, 2)}:${hexadecimal(slot, 2)}.${part}`;

/** The source address of a `<hostdev>` by its alias. */
function sourceAddress(xml: string, alias: string): string | undefined {
  const device = [...xml.matchAll(/<hostdev[\s\S]*?<\/hostdev>/g)].find(([text]) => text.includes(`'${alias}'`))?.[0];
  const source = device && /<source>[\s\S]*?<address ([^>]*)\/>/.exec(device)?.[1];
  if (!source) return undefined;
  const part = (name: string): number => Number(new RegExp(`${name}='(0x[0-9a-f]+)'`).exec(source)?.[1]);
  const [domain, bus, slot, number] = [part('domain'), part('bus'), part('slot'), part('function')];
  return `${hexadecimal(domain, 4)}:${hexadecimal(bus, 2)}:${hexadecimal(slot, 2)}.${number}`;
}
