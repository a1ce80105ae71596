import type { VirtualMachineInstance } from '@quickvirt/api';
import { pciResourceVariable } from '@quickvirt/launcher-pod';
import { FieldError } from './field-error.ts';

/** PCI functions that were given to this pod or its guest, by what gave them. */
export interface GivenFunctions {
  /** Environment of the process: what device plugins said when the pod was made. */
  variables: Readonly<Record<string, string | undefined>>;
  /** In the running domain, by device name: they keep their addresses. */
  present: ReadonlyMap<string, string>;
  /** Brought by virt-handler from attachment pods, by device name. */
  plugged: ReadonlyMap<string, string>;
  /** Of resource claims, by device name. */
  claimed: ReadonlyMap<string, string>;
}

/** A device of the VMI and the function that it is. */
interface AskedDevice {
  name: string;
  field: string;
  deviceName: string | undefined;
}

const PCI_ADDRESS = /^[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.[0-7]$/;

/**
 * Says which PCI function each of the VMI's GPUs and host devices is. A pool belongs to one resource: its functions are
 * given out in the plugin's order, each once, to GPUs and host devices alike.
 * @returns addresses as 0000:3d:01.0, by device name.
 * @throws FieldError that names the device for which no function is left.
 */
export function assignFunctions(vmi: VirtualMachineInstance, given: GivenFunctions): Map<string, string> {
  const asked = askedDevices(vmi);
  const assigned = new Map<string, string>();
  for (const { name } of asked) {
    const address = given.present.get(name) ?? given.plugged.get(name) ?? given.claimed.get(name);
    if (address !== undefined) assigned.set(name, address);
  }
  // A device that was just taken off the VMI is in use until the guest has let go of it.
  const used = new Set([...assigned.values(), ...given.present.values()]);
  const pools = poolsOf(asked, given.variables);
  asked.forEach((device) => {
    if (assigned.has(device.name)) return;
    const pool = pools.get(device.deviceName ?? '');
    const address = pool?.addresses.find((one) => !used.has(one));
    if (address === undefined) throw new FieldError(device.field, shortage(device, asked, pool));
    used.add(address);
    assigned.set(device.name, address);
  });
  return assigned;
}

interface Pool {
  /** The variable that the addresses stood in. */
  variable: string;
  addresses: readonly string[];
}

function askedDevices({ spec }: VirtualMachineInstance): AskedDevice[] {
  const { gpus = [], hostDevices = [] } = spec.domain.devices;
  const asked = (list: 'gpus' | 'hostDevices', devices: readonly { name: string; deviceName?: string }[]) =>
    devices.map(({ name, deviceName }, index) => ({
      name,
      deviceName,
      field: `spec.domain.devices.${list}[${index}]`,
    }));
  return [...asked('gpus', gpus), ...asked('hostDevices', hostDevices)];
}

/** The pool of each resource that the VMI names. */
function poolsOf(asked: readonly AskedDevice[], variables: GivenFunctions['variables']): Map<string, Pool> {
  const resources = [...new Set(asked.flatMap(({ deviceName }) => deviceName ?? []))];
  const pools = new Map(resources.map((resource) => [resource, poolOf(resource, variables)] as const));
  const without = resources.filter((resource) => pools.get(resource)?.addresses.length === 0);
  const [only] = without;
  // Intel's plugin does not say which of its resources a function belongs to: with one resource it is plain.
  if (only !== undefined && without.length === 1) {
    const addresses = intelAddresses(variables);
    if (addresses.length > 0) pools.set(only, { variable: 'QAT0...', addresses });
  }
  return pools;
}

/** Ours and KubeVirt's plugin (which keeps dashes), then the SR-IOV network plugin's. */
function poolOf(resource: string, variables: GivenFunctions['variables']): Pool {
  const ours = pciResourceVariable(resource);
  const names = [
    ours,
    `PCI_RESOURCE_${resource.toUpperCase().replaceAll(/[/.]/g, '_')}`,
    ours.replace(/^PCI_RESOURCE_/, 'PCIDEVICE_'),
  ];
  const variable = names.find((name) => variables[name]) ?? ours;
  return { variable, addresses: addressesIn(variables[variable] ?? '') };
}

/** `QAT0`, `QAT1`...: one function each, counted from 0. */
function intelAddresses(variables: GivenFunctions['variables']): string[] {
  const addresses: string[] = [];
  for (let index = 0; variables[`QAT${index}`]; index++) addresses.push(...addressesIn(variables[`QAT${index}`] ?? ''));
  return addresses;
}

function addressesIn(text: string): string[] {
  const addresses = text.split(',').map((address) => address.trim().toLowerCase());
  return [...new Set(addresses.filter((address) => PCI_ADDRESS.test(address)))];
}

function shortage({ name, deviceName }: AskedDevice, asked: readonly AskedDevice[], pool: Pool | undefined): string {
  if (deviceName === undefined || pool === undefined) {
    return `no PCI function of a resource claim was given to the pod for ${JSON.stringify(name)}`;
  }
  const wanted = asked.filter((other) => other.deviceName === deviceName).length;
  const given = pool.addresses.length;
  return (
    `the device plugin of ${deviceName} gave ${given} PCI function${given === 1 ? '' : 's'} to the pod (variable ` +
    `${pool.variable}), and ${wanted} device${wanted === 1 ? '' : 's'} of the VMI ask for one: ` +
    'see whether that plugin writes PCI_RESOURCE_*, PCIDEVICE_* or QAT<n>, and start the VM again'
  );
}
