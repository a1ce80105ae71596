import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { type KubeVirt, type VirtualMachineInstance, type Volume, type VolumeStatus, wholeUnits } from '@quickvirt/api';
import {
  ConversionError,
  convertVmiToDomain,
  type DiskVolumeFacts,
  type DomainFacts,
  type Element,
  element,
  type HostDeviceFacts,
  launcherTuning,
  renderXml,
  type TapFacts,
  type VolumeFacts,
} from '@quickvirt/domain-xml';
import { KERNEL_BOOT_DIRECTORY, podInterfaceName, RUN_DIRECTORY, tapName, volumePath } from '@quickvirt/launcher-pod';
import type { ReferenceCase, ReferenceOutput } from './case.ts';

/** Renders the domain of a case in the environment that the reference's README describes. */
export function renderDomainCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const vmi = input.object as VirtualMachineInstance;
  const config = domainConfigFrom(clusterConfigFrom(kubevirt));
  try {
    const domain = convertVmiToDomain(vmi, config, factsOf(vmi, kubevirt));
    return { json: { config: input.config }, domainXml: renderXml(inTheirLayout(domain, vmi)) };
  } catch (error) {
    if (error instanceof ConversionError) return { json: { config: input.config, error: true, reason: error.message } };
    throw error;
  }
}

/** A libvirt that knows every element of the reference. */
const newLibvirt = 12_000_000;

function factsOf(vmi: VirtualMachineInstance, kubevirt: KubeVirt | undefined): DomainFacts {
  const { spec } = vmi;
  const kernelBoot = spec.domain.firmware?.kernelBoot?.container;
  const fileIn = (path: string | undefined) => path && `${KERNEL_BOOT_DIRECTORY}${path}`;
  return {
    runDirectory: RUN_DIRECTORY,
    libvirtVersion: newLibvirt,
    // Ours alone, see adr/0006: the simulated launcher has none. `on` shows how much it changes.
    tuning: process.env['QUICKVIRT_REFERENCE_TUNING'] === 'on' ? launcherTuning : undefined,
    volumes: volumesOf(vmi),
    taps: tapsOf(vmi),
    hostDevices: hostDevicesOf(vmi, kubevirt),
    cpuSet: cpuSetOf(vmi, kubevirt),
    numaCells: [cell(0), cell(1)],
    efi: efiOf(spec.architecture),
    kernelBoot: kernelBoot && { kernelPath: fileIn(kernelBoot.kernelPath), initrdPath: fileIn(kernelBoot.initrdPath) },
    acpiTables: Object.fromEntries(
      (spec.volumes ?? []).flatMap(({ name, secret }) => (secret ? [[name, `/config/${name}/table`]] : [])),
    ),
    ignitionPath: ignitionPathOf(vmi),
    virtiofsSockets: Object.fromEntries(
      (spec.domain.devices.filesystems ?? []).map(({ name }) => [name, `${RUN_DIRECTORY}/virtiofs/${name}.sock`]),
    ),
  };
}

/** The reference's data lies at KubeVirt's own place, and the option's text is compared as a whole. */
const ignitionPathOf = ({ metadata }: VirtualMachineInstance) =>
  metadata.annotations?.['kubevirt.io/ignitiondata'] === undefined
    ? undefined
    : `/var/run/libvirt/ignition-dir/${metadata.namespace}/${metadata.name}/data.ign`;

/** The simulated launcher sees a volume as plugged in when the status lists it, or when the status lists none. */
function volumesOf(vmi: VirtualMachineInstance): Record<string, VolumeFacts> {
  const status = vmi.status?.volumeStatus ?? [];
  return Object.fromEntries(
    (vmi.spec.volumes ?? []).map((volume) => {
      const own = status.find(({ name }) => name === volume.name);
      const plugged = status.length === 0 || (own !== undefined && own.hotplugVolume === undefined);
      return [volume.name, plugged ? volumeFacts(volume, own) : { kind: 'unplugged' }];
    }),
  );
}

function volumeFacts(volume: Volume, status: VolumeStatus | undefined): DiskVolumeFacts {
  const path = `${volumePath(volume.name)}/disk.img`;
  const common = { kind: 'file', path, directIo: true, diesWithPod: true } as const;
  if (volume.containerDisk !== undefined) {
    return { ...common, format: 'qcow2', backing: { path, format: 'qcow2', kind: 'file' } };
  }
  if (volume.ephemeral !== undefined)
    return { ...common, format: 'qcow2', backing: { path, format: 'raw', kind: 'file' } };
  if (volume.emptyDisk !== undefined) return { ...common, format: 'qcow2' };
  const block = status?.persistentVolumeClaimInfo?.volumeMode === 'Block';
  const persistent = volume.persistentVolumeClaim ?? volume.dataVolume ?? volume.hostDisk;
  return {
    ...common,
    format: 'raw',
    diesWithPod: persistent === undefined && volume.downwardMetrics === undefined,
    ...(block ? { kind: 'block', path: `/dev/${volume.name}` } : {}),
  };
}

const mtuOfPodNetwork = 1480;
const mtuOfSecondaryNetworks = 1500;

function tapsOf({ spec }: VirtualMachineInstance): Record<string, TapFacts> {
  return Object.fromEntries(
    (spec.networks ?? []).map(({ name, multus }): [string, TapFacts] => {
      if (multus === undefined || multus.default === true) {
        return [
          name,
          { deviceName: 'tap0', macAddress: '0a:58:0a:f4:01:17', mtu: mtuOfPodNetwork, podInterfaceName: 'eth0' },
        ];
      }
      const podInterface = podInterfaceName(name);
      const hash = Buffer.from(podInterface).reduce((sum, byte) => (sum * 31 + byte) % 256, 0);
      return [
        name,
        {
          deviceName: tapName(name),
          macAddress: `0a:58:0a:00:00:${hash.toString(16).padStart(2, '0')}`,
          mtu: mtuOfSecondaryNetworks,
          podInterfaceName: podInterface,
        },
      ];
    }),
  );
}

/** Permitted devices have numbers in the config's order, from 1; SR-IOV functions that of their interface. */
function hostDevicesOf(
  { spec }: VirtualMachineInstance,
  kubevirt: KubeVirt | undefined,
): Record<string, HostDeviceFacts> {
  const {
    pciHostDevices = [],
    mediatedDevices = [],
    usb = [],
  } = kubevirt?.spec?.configuration?.permittedHostDevices ?? {};
  const used = new Map<string, number>();
  const next = (resource: string) => {
    const count = used.get(resource) ?? 0;
    used.set(resource, count + 1);
    return count;
  };
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  const deviceFor = (resource: string | undefined): HostDeviceFacts | undefined => {
    const permitted = [...pciHostDevices, ...mediatedDevices, ...usb];
    const number = permitted.findIndex(({ resourceName }) => resourceName === resource) + 1;
    if (resource === undefined) return undefined;
    // Not every config permits what a case asks for; the simulated plugins then hand out their first PCI device.
    const index = number === 0 ? 1 : number;
    const taken = next(resource);
    if (number === 0) return resource.startsWith('example.org/tesla') ? pci(index, taken) : undefined;
    if (number <= pciHostDevices.length) return pci(index, taken);
    if (number <= pciHostDevices.length + mediatedDevices.length) {
      return { kind: 'mdev', uuid: `aaaaaaaa-0000-4000-8000-00000000${hex(taken)}${hex(index)}` };
    }
    return { kind: 'usb', bus: 1, device: index };
  };
  const pci = (index: number, taken: number): HostDeviceFacts => ({
    kind: 'pci',
    address: `0000:${hex(0x80 + index)}:00.${taken}`,
  });
  const { gpus = [], hostDevices = [], interfaces = [] } = spec.domain.devices;
  const permitted = [...gpus, ...hostDevices].flatMap(({ name, deviceName }) => {
    const device = deviceFor(deviceName);
    return device === undefined ? [] : [[name, device] as const];
  });
  const sriov = interfaces.flatMap((one, index) =>
    one.sriov === undefined ? [] : [[one.name, { kind: 'pci', address: `0000:05:02.${index}` }] as const],
  );
  return Object.fromEntries<HostDeviceFacts>([...permitted, ...sriov]);
}

function cpuSetOf({ spec }: VirtualMachineInstance, kubevirt: KubeVirt | undefined): number[] {
  const { cpu } = spec.domain;
  if (cpu?.dedicatedCpuPlacement !== true) return range(0, 31);
  const vcpus = (cpu.sockets || 1) * (cpu.cores || 1) * (cpu.threads || 1);
  const toEven = kubevirt?.metadata.annotations?.['alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity'] !== undefined;
  const emulator = cpu.isolateEmulatorThread === true ? (toEven && vcpus % 2 === 0 ? 2 : 1) : 0;
  return range(2, 1 + vcpus + emulator);
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

const cell = (id: number) => ({
  id,
  cpus: range(id * 16, id * 16 + 15),
  // A node's distances begin with the cell's own.
  distances: [
    { cell: id, value: 10 },
    { cell: 1 - id, value: 21 },
  ],
});

function efiOf(architecture: string | undefined): DomainFacts['efi'] {
  if (architecture === 'arm64') {
    return { plain: { codePath: '/usr/share/AAVMF/AAVMF_CODE.fd', varsPath: '/usr/share/AAVMF/AAVMF_VARS.fd' } };
  }
  const directory = '/usr/share/edk2/ovmf';
  return {
    plain: { codePath: `${directory}/OVMF_CODE.secboot.fd`, varsPath: `${directory}/OVMF_VARS.fd` },
    secureBoot: { codePath: `${directory}/OVMF_CODE.secboot.fd`, varsPath: `${directory}/OVMF_VARS.secboot.fd` },
    sev: { codePath: `${directory}/OVMF_CODE.cc.fd`, varsPath: `${directory}/OVMF_VARS.fd` },
    snp: { codePath: `${directory}/OVMF.amdsev.fd` },
    tdx: { codePath: `${directory}/OVMF.inteltdx.fd` },
  };
}

/**
 * KubeVirt writes some things into its domain that are no facts of a guest and that libvirt's schema refuses: empty
 * `bios`, `baseBoard` and `chassis`, the claim's size, the volume's name on a block source, an empty directory beside a
 * socket, a type in the address of a device's source; or leaves out what the schema wants (the offset of a clock
 * that only has timers); or writes what libvirt reads as nothing (`accessMode` for `accessmode`). Ours is what the schema takes; it is put into their layout here so that the comparison is about the
 * guest. See adr/0006.
 */
function inTheirLayout(domain: Element, vmi: VirtualMachineInstance): Element {
  return mapElement(domain, (node) => {
    switch (node.name) {
      case 'sysinfo':
        return withEmpty(node, ['bios', 'baseBoard', 'chassis']);
      case 'disk':
        return withClaim(node, vmi);
      case 'clock':
        return node.attributes['adjustment'] === undefined ? withoutUtc(node) : node;
      case 'filesystem':
        return filesystem(node);
      case 'backend':
        return {
          ...node,
          attributes: { ...node.attributes, logFile: node.attributes['logFile'] && '/var/run/kubevirt/passt.log' },
        };
      case 'hostdev':
        return node.attributes['type'] === 'pci' ? pciHostDevice(node) : node;
      default:
        return node;
    }
  });
}

function mapElement(node: Element, change: (node: Element) => Element): Element {
  const children = node.children.map((child) => (typeof child === 'string' ? child : mapElement(child, change)));
  return change({ ...node, children });
}

const childOf = (node: Element, name: string) =>
  node.children.find((child): child is Element => typeof child !== 'string' && child.name === name);

const withEmpty = (node: Element, names: string[]): Element => ({
  ...node,
  children: [
    ...node.children,
    ...names.filter((name) => childOf(node, name) === undefined).map((name) => element(name)),
  ],
});

function withClaim(node: Element, vmi: VirtualMachineInstance): Element {
  const name = String(childOf(node, 'alias')?.attributes['name'] ?? '').slice('ua-'.length);
  const info = vmi.status?.volumeStatus?.find((status) => status.name === name)?.persistentVolumeClaimInfo;
  const source = childOf(node, 'source');
  const children = node.children.map((child) =>
    child === source && source?.attributes['dev'] !== undefined
      ? { ...source, attributes: { ...source.attributes, name } }
      : child,
  );
  const bytes = node.attributes['device'] === 'cdrom' ? undefined : claimBytes(info);
  return { ...node, children: bytes === undefined ? children : [...children, element('capacity', {}, bytes)] };
}

function claimBytes(info: VolumeStatus['persistentVolumeClaimInfo']): string | undefined {
  const size = info?.capacity?.['storage'];
  return size === undefined ? undefined : String(wholeUnits(size));
}

const changed = (node: Element, name: string, attributes: Element['attributes']): Element => ({
  ...node,
  children: node.children.map((child) =>
    typeof child !== 'string' && child.name === name
      ? { ...child, attributes: { ...child.attributes, ...attributes } }
      : child,
  ),
});

function filesystem(node: Element): Element {
  const { accessmode, ...attributes } = node.attributes;
  return { ...changed(node, 'source', { dir: '' }), attributes: { ...attributes, accessMode: accessmode } };
}

function pciHostDevice(node: Element): Element {
  const source = childOf(node, 'source');
  const children = node.children.map((child) =>
    child === source && source ? changed(source, 'address', { type: 'pci' }) : child,
  );
  return { ...node, attributes: { ...node.attributes, mode: undefined }, children };
}

const withoutUtc = (node: Element): Element =>
  node.attributes['offset'] === 'utc' ? { ...node, attributes: { ...node.attributes, offset: undefined } } : node;
