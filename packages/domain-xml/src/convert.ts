import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { contextOf, type Context } from './context.ts';
import { element, renderXml, type Element } from './element.ts';
import type { DomainFacts } from './facts.ts';
import { channels } from './parts/channels.ts';
import { clock } from './parts/clock.ts';
import { controllers } from './parts/controllers.ts';
import { cpu } from './parts/cpu.ts';
import { cpuTuning } from './parts/cpu-tuning.ts';
import { disks } from './parts/disks.ts';
import { features } from './parts/features.ts';
import { filesystems } from './parts/filesystems.ts';
import { graphics } from './parts/graphics.ts';
import { hostDeviceElements, hostDevices } from './parts/host-devices.ts';
import { iommuDevice } from './parts/iommu-device.ts';
import { inputs } from './parts/inputs.ts';
import { interfaces } from './parts/interfaces.ts';
import { ioThreads } from './parts/io-threads.ts';
import { launchSecurity } from './parts/launch-security.ts';
import { lifecycle } from './parts/lifecycle.ts';
import { memory } from './parts/memory.ts';
import { memoryBalloon } from './parts/memory-balloon.ts';
import { metadata } from './parts/metadata.ts';
import { operatingSystem } from './parts/operating-system.ts';
import { panicDevices } from './parts/panic-devices.ts';
import { qemuCommandLine } from './parts/qemu-command-line.ts';
import { rng } from './parts/rng.ts';
import { rootComplexPlacement } from './parts/root-complex-placement.ts';
import { serial } from './parts/serial.ts';
import { sound } from './parts/sound.ts';
import { sysinfo } from './parts/sysinfo.ts';
import { tpm } from './parts/tpm.ts';
import { usbRedirection } from './parts/usb-redirection.ts';
import { vsock } from './parts/vsock.ts';
import { watchdog } from './parts/watchdog.ts';

/** One part of a domain: the elements it adds for this VMI, none when the VMI does not ask for it. */
export type Part = (context: Context) => Element[];

const beforeDevices: Part[] = [
  metadata,
  memory,
  cpuTuning,
  ioThreads,
  sysinfo,
  operatingSystem,
  features,
  cpu,
  clock,
  lifecycle,
];

const deviceParts: Part[] = [
  disks,
  filesystems,
  controllers,
  iommuDevice,
  interfaces,
  hostDevices,
  usbRedirection,
  serial,
  channels,
  inputs,
  tpm,
  graphics,
  sound,
  watchdog,
  memoryBalloon,
  rng,
  panicDevices,
  vsock,
];

const afterDevices: Part[] = [launchSecurity, qemuCommandLine];

/** Name of a VMI's libvirt domain. */
export const domainName = (vmi: VirtualMachineInstance): string =>
  `${vmi.metadata.namespace ?? 'default'}_${vmi.metadata.name ?? ''}`;

/**
 * The libvirt domain of a VMI, valid by libvirt's own schema. The same arguments give the same bytes.
 * @throws ConversionError that names the field which this node or libvirt cannot serve.
 */
export function convertVmiToDomainXml(
  vmi: VirtualMachineInstance,
  config: DomainConfig,
  facts: DomainFacts,
): { xml: string } {
  return { xml: renderXml(convertVmiToDomain(vmi, config, facts)) };
}

/** A device of the node as libvirt takes it, also while the guest runs. */
export interface HostDeviceXml {
  /** Name in gpus, hostDevices or interfaces. */
  name: string;
  /** libvirt's alias of it, for example `ua-hostdevice-qat0`. */
  alias: string;
  xml: string;
}

/**
 * The devices of the node that a VMI asks for, each by itself, to be plugged into its running guest.
 * @throws ConversionError that names the field of a device which the pod has not.
 */
export function convertHostDevices(
  vmi: VirtualMachineInstance,
  config: DomainConfig,
  facts: DomainFacts,
): HostDeviceXml[] {
  return hostDeviceElements(contextOf(vmi, config, facts)).map(({ element: device, ...names }) => ({
    ...names,
    xml: renderXml(device),
  }));
}

/** The same as a tree. */
export function convertVmiToDomain(vmi: VirtualMachineInstance, config: DomainConfig, facts: DomainFacts): Element {
  const context = contextOf(vmi, config, facts);
  const all = (parts: Part[]) => parts.flatMap((part) => part(context));
  return element(
    'domain',
    {
      type: context.emulated ? 'qemu' : 'kvm',
      'xmlns:qemu': 'http://libvirt.org/schemas/domain/qemu/1.0',
    },
    element('name', {}, domainName(vmi)),
    all(beforeDevices),
    element('devices', {}, rootComplexPlacement(context, all(deviceParts))),
    all(afterDevices),
  );
}
