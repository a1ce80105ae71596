import { annotations, type VirtualMachine, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { notSupported, type Cause } from './cause.ts';

/** What is served below a field: all of it, or the fields named. Lists hold the same for each of their items. */
type Served = true | { readonly [field: string]: Served };

/**
 * Every field of a VMI's spec that the launcher, the handler and the renderers of this release act on. What is not here
 * is refused before a pod is made, because a guest must never start without something that was asked for.
 */
const SERVED_VMI_SPEC: Served = {
  affinity: true,
  architecture: true,
  dnsConfig: true,
  dnsPolicy: true,
  domain: {
    chassis: true,
    clock: true,
    cpu: { cores: true, features: true, maxSockets: true, model: true, sockets: true, threads: true },
    devices: {
      autoattachGraphicsDevice: true,
      autoattachMemBalloon: true,
      autoattachPodInterface: true,
      autoattachSerialConsole: true,
      blockMultiQueue: true,
      disableHotplug: true,
      disks: {
        blockSize: { custom: true },
        bootOrder: true,
        cache: true,
        cdrom: { bus: true, readonly: true, tray: true },
        dedicatedIOThread: true,
        disk: { bus: true, pciAddress: true, readonly: true },
        errorPolicy: true,
        io: true,
        name: true,
        serial: true,
      },
      gpus: { claimName: true, deviceName: true, name: true, requestName: true },
      hostDevices: {
        claimName: true,
        deviceName: true,
        name: true,
        pciAddress: true,
        requestName: true,
        romBar: true,
      },
      inputs: true,
      logSerialConsole: true,
      panicDevices: true,
      rng: true,
      tpm: { enabled: true },
      useVirtioTransitional: true,
      video: true,
      watchdog: true,
    },
    features: true,
    firmware: {
      // Without `persistent`, which needs a claim.
      bootloader: { bios: true, efi: { secureBoot: true } },
      kernelBoot: { container: true, kernelArgs: true },
      serial: true,
      uuid: true,
    },
    ioThreads: true,
    ioThreadsPolicy: true,
    machine: true,
    memory: { guest: true, maxGuest: true },
    rebootPolicy: true,
    resources: true,
  },
  // LiveMigrate is only a wish for evictions: without migration an eviction is refused, and the guest runs on.
  evictionStrategy: true,
  hostname: true,
  nodeSelector: true,
  priorityClassName: true,
  resourceClaims: true,
  schedulerName: true,
  startStrategy: true,
  subdomain: true,
  terminationGracePeriodSeconds: true,
  tolerations: true,
  topologySpreadConstraints: true,
  volumes: { cloudInitConfigDrive: true, cloudInitNoCloud: true, containerDisk: true, emptyDisk: true, name: true },
};

/** Annotations that change the guest, and what to do instead: the launcher acts on none of them yet. */
const UNSERVED_ANNOTATIONS: readonly [name: string, advice: string][] = [
  [annotations.hookSidecars, 'write what the hook would change into spec.domain, and take the annotation off'],
  [annotations.ignitionData, 'configure the guest by a cloud-init volume, and take the annotation off'],
];

/** What to do instead, by the field that is refused. */
const ADVICE: Readonly<Record<string, string>> = {
  'spec.domain.devices.interfaces':
    'guests have no network yet: leave interfaces and networks out and set spec.domain.devices.autoattachPodInterface to false',
  'spec.networks':
    'guests have no network yet: leave interfaces and networks out and set spec.domain.devices.autoattachPodInterface to false',
};

/**
 * What a VMI asks for that this release cannot serve, one cause a field; none means it can be started. virt-controller
 * shows it as `Synchronized=False`, reason `FeatureNotAvailable`.
 */
export function unavailableFeatures(vmi: VirtualMachineInstance, config: ClusterConfig): Cause[] {
  return [
    ...UNSERVED_ANNOTATIONS.filter(([name]) => vmi.metadata.annotations?.[name]).map(([name, advice]) =>
      notSupported('metadata.annotations', `this release does not serve ${name} yet: ${advice}`),
    ),
    ...notServed(vmi.spec, SERVED_VMI_SPEC, 'spec', 'spec'),
    ...unservedDevices(vmi, config),
  ];
}

/** Devices of the node that are no PCI functions, and two of one name: the status tells of them by name. */
function unservedDevices({ spec }: VirtualMachineInstance, config: ClusterConfig): Cause[] {
  const { gpus = [], hostDevices = [] } = spec.domain.devices;
  const { mediatedDevices, usb } = config.permittedHostDevices;
  const otherKinds = new Map([
    ...mediatedDevices.map(({ resourceName }) => [resourceName, 'mediated devices'] as const),
    ...usb.map(({ resourceName }) => [resourceName, 'USB devices'] as const),
  ]);
  const names = new Set<string>();
  const inList = (list: string, devices: readonly { name: string; deviceName?: string }[]): Cause[] =>
    devices.flatMap(({ name, deviceName = '' }, index) => {
      const field = `spec.domain.devices.${list}[${index}]`;
      const causes: Cause[] = [];
      const kind = otherKinds.get(deviceName);
      if (kind)
        causes.push(notYet(`${field}.deviceName`, `it gives guests PCI functions, and ${deviceName} are ${kind}`));
      if (names.has(name)) causes.push(notYet(`${field}.name`, `name each of gpus and hostDevices differently`));
      names.add(name);
      return causes;
    });
  return [...inList('gpus', gpus), ...inList('hostDevices', hostDevices)];
}

/** What a VM asks for beyond its template that this release cannot serve. */
export function unavailableVmFeatures(vm: VirtualMachine): Cause[] {
  const { instancetype, preference, dataVolumeTemplates } = vm.spec;
  const causes: Cause[] = [];
  if (instancetype) causes.push(notYet('spec.instancetype', 'write CPU and memory into spec.template.spec.domain'));
  if (preference) causes.push(notYet('spec.preference', 'write what it prefers into spec.template.spec.domain'));
  if (dataVolumeTemplates?.length) {
    causes.push(notYet('spec.dataVolumeTemplates', 'make the DataVolume yourself'));
  }
  return causes;
}

/**
 * @param path as shown, with list positions
 * @param field the same without them, for advice
 */
function notServed(value: unknown, served: Served | undefined, path: string, field: string): Cause[] {
  if (isUnset(value) || served === true) return [];
  if (served === undefined) return [notYet(path, ADVICE[field] ?? 'leave it out')];
  if (Array.isArray(value)) return value.flatMap((item, index) => notServed(item, served, `${path}[${index}]`, field));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    notServed(inner, Object.hasOwn(served, name) ? served[name] : undefined, `${path}.${name}`, `${field}.${name}`),
  );
}

/** Not asked for: `{}` is a wish (`rng: {}`), an empty list or text and false are none. */
function isUnset(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === '' ||
    (Array.isArray(value) && value.length === 0)
  );
}

function notYet(field: string, advice: string): Cause {
  return notSupported(field, `this release does not serve this field yet: ${advice}`);
}
