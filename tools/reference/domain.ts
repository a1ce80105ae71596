import { clusterConfigFrom, domainConfigFrom, type ClusterConfig } from '@quickvirt/config';
import type { KubeVirt, VirtualMachineInstance } from '@quickvirt/api';
import {
  ConversionError,
  convertVmiToDomainXml,
  type DomainFacts,
  type HostDeviceFacts,
  type TapFacts,
} from '@quickvirt/domain-xml';
import { podInterfaceName, type RenderOptions, tapName } from '@quickvirt/launcher-pod';
import { defaultDomainFacts } from '../../apps/virtctl/src/offline/domain-facts.ts';
import type { ReferenceCase, ReferenceOutput } from './case.ts';

/** Renders the domain of a case as `virtctl render domain` would, on the node that the reference's README describes. */
export function renderDomainCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const vmi = input.object as VirtualMachineInstance;
  const config = clusterConfigFrom(kubevirt);
  try {
    const { xml } = convertVmiToDomainXml(vmi, domainConfigFrom(config), factsOf(vmi, config));
    return { json: { config: input.config }, domainXml: xml };
  } catch (error) {
    if (error instanceof ConversionError) return { json: { config: input.config, error: true, reason: error.message } };
    throw error;
  }
}

/** The product's own assumptions, and over them what the README's section "domain" says of the node and the pod. */
function factsOf(vmi: VirtualMachineInstance, config: ClusterConfig): DomainFacts {
  return {
    ...defaultDomainFacts(vmi, config, claimsOf(vmi)),
    taps: tapsOf(vmi),
    hostDevices: hostDevicesOf(vmi, config),
    cpuSet: cpuSetOf(vmi, config),
  };
}

/** Volume modes come from the VMI's status. */
function claimsOf({ status }: VirtualMachineInstance): RenderOptions['claims'] {
  return Object.fromEntries(
    (status?.volumeStatus ?? []).flatMap(({ name, persistentVolumeClaimInfo: info }) =>
      info === undefined ? [] : [[info.claimName ?? name, { spec: { volumeMode: info.volumeMode } }]],
    ),
  );
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
          macAddress: `0a:58:0a:00:00:${hexByte(hash)}`,
          mtu: mtuOfSecondaryNetworks,
          podInterfaceName: podInterface,
        },
      ];
    }),
  );
}

const hexByte = (value: number) => value.toString(16).padStart(2, '0');

/** Permitted devices have numbers in the config's order, from 1; SR-IOV functions that of their interface. */
function hostDevicesOf({ spec }: VirtualMachineInstance, config: ClusterConfig): Record<string, HostDeviceFacts> {
  const { pciHostDevices, mediatedDevices, usb } = config.permittedHostDevices;
  const permitted = [...pciHostDevices, ...mediatedDevices, ...usb];
  const taken = new Map<string, number>();
  const deviceFor = (resource: string | undefined): HostDeviceFacts | undefined => {
    const number = permitted.findIndex(({ resourceName }) => resourceName === resource) + 1;
    if (resource === undefined || number === 0) return undefined;
    const earlier = taken.get(resource) ?? 0;
    taken.set(resource, earlier + 1);
    if (number <= pciHostDevices.length)
      return { kind: 'pci', address: `0000:${hexByte(0x80 + number)}:00.${earlier}` };
    if (number <= pciHostDevices.length + mediatedDevices.length) {
      return { kind: 'mdev', uuid: `aaaaaaaa-0000-4000-8000-00000000${hexByte(earlier)}${hexByte(number)}` };
    }
    return { kind: 'usb', bus: 1, device: number };
  };
  const { gpus = [], hostDevices = [], interfaces = [] } = spec.domain.devices;
  const given = [...gpus, ...hostDevices].flatMap(({ name, deviceName }) => {
    const device = deviceFor(deviceName);
    return device === undefined ? [] : [[name, device] as const];
  });
  const sriov = interfaces.flatMap((one, index) =>
    one.sriov === undefined ? [] : [[one.name, { kind: 'pci', address: `0000:05:02.${index}` }] as const],
  );
  return Object.fromEntries<HostDeviceFacts>([...given, ...sriov]);
}

/** CPUs 0 to 31, or as many from 2 upward as dedicated CPUs need. */
function cpuSetOf({ spec }: VirtualMachineInstance, config: ClusterConfig): number[] {
  const { cpu } = spec.domain;
  if (cpu?.dedicatedCpuPlacement !== true) return range(0, 31);
  const vcpus = (cpu.sockets || 1) * (cpu.cores || 1) * (cpu.threads || 1);
  const emulator = config.emulatorThreadCompleteToEvenParity && vcpus % 2 === 0 ? 2 : 1;
  return range(2, 1 + vcpus + (cpu.isolateEmulatorThread === true ? emulator : 0));
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
