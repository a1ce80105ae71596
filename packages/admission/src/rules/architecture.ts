import type { VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, notSupported, oneOf, quoted, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** What machines of an architecture cannot have, as paths below the spec. */
interface Limits {
  diskBuses?: readonly string[];
  watchdog?: 'i6300esb' | 'diag288';
  hasSound: boolean;
  hasBios: boolean;
  cpuModels?: readonly string[];
}

/** Source: machine types q35, virt and s390-ccw-virtio of QEMU, and what their firmware can start from. */
const limitsOf: Readonly<Record<string, Limits>> = {
  amd64: { watchdog: 'i6300esb', hasSound: true, hasBios: true },
  arm64: { diskBuses: ['virtio', 'scsi'], hasSound: false, hasBios: false, cpuModels: ['host-passthrough'] },
  s390x: { watchdog: 'diag288', hasSound: true, hasBios: true },
};

/** The architecture, and what its machines do not have. */
export const architectureRules: SpecRule = (spec, path, { config }) => {
  const architecture = spec.architecture || config.defaultArchitecture;
  const limits = Object.hasOwn(limitsOf, architecture) ? limitsOf[architecture] : undefined;
  if (!limits) {
    return [invalid(`${path}.architecture`, `unsupported architecture: ${oneOf(architecture, Object.keys(limitsOf))}`)];
  }
  return [
    ...cpuModelRules(spec, path, limits, architecture),
    ...diskBusRules(spec, path, limits, architecture),
    ...deviceRules(spec, path, limits, architecture),
  ];
};

/** The machine type, as far as this cluster's owner allows it. */
export const machineRules: SpecRule = (spec, path, { config }) => {
  const type = spec.domain.machine?.type;
  const architecture = spec.architecture || config.defaultArchitecture;
  const known: Readonly<Record<string, { emulatedMachines: readonly string[] }>> = config.architectures;
  const machines = Object.hasOwn(known, architecture) ? known[architecture]?.emulatedMachines : undefined;
  if (!type || !machines || machines.some((pattern) => matchesPattern(type, pattern))) return [];
  const allowed = machines.join(', ');
  return [
    invalid(
      `${path}.domain.machine.type`,
      `machine type ${quoted(type)} is not supported on ${architecture} (allowed values: ${allowed})`,
    ),
  ];
};

/** A pattern with `*` for any text, at its end only: what the configuration's own docs promise. */
function matchesPattern(text: string, pattern: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function cpuModelRules({ domain }: VirtualMachineInstanceSpec, path: string, limits: Limits, name: string): Cause[] {
  const model = domain.cpu?.model;
  if (!model || !limits.cpuModels || limits.cpuModels.includes(model)) return [];
  return [notSupported(`${path}.domain.cpu.model`, `on ${name} CPU model ${oneOf(model, limits.cpuModels)}`)];
}

function diskBusRules({ domain }: VirtualMachineInstanceSpec, path: string, limits: Limits, name: string): Cause[] {
  const { diskBuses } = limits;
  if (!diskBuses) return [];
  return (domain.devices.disks ?? []).flatMap((disk, index) =>
    (['disk', 'cdrom', 'lun'] as const).flatMap((target) => {
      const bus = disk[target]?.bus;
      if (!bus || diskBuses.includes(bus)) return [];
      const field = `${path}.domain.devices.disks[${index}].${target}.bus`;
      return [notSupported(field, `on ${name} bus ${oneOf(bus, diskBuses)}`)];
    }),
  );
}

function deviceRules({ domain }: VirtualMachineInstanceSpec, path: string, limits: Limits, name: string): Cause[] {
  const causes: Cause[] = [];
  if (domain.firmware?.bootloader?.bios && !limits.hasBios) {
    const field = `${path}.domain.firmware.bootloader.bios`;
    causes.push(notSupported(field, `machines of ${name} start by EFI, not by BIOS: set bootloader.efi`));
  }
  const { watchdog, sound } = domain.devices;
  const model = watchdog && (['i6300esb', 'diag288'] as const).find((candidate) => watchdog[candidate]);
  if (model && model !== limits.watchdog) {
    const instead = limits.watchdog ? `; use ${limits.watchdog}` : ', which have none';
    causes.push(
      notSupported(`${path}.domain.devices.watchdog`, `${model} is no watchdog of ${name} machines${instead}`),
    );
  }
  if (sound && !limits.hasSound) {
    causes.push(notSupported(`${path}.domain.devices.sound`, `machines of ${name} have no sound device here`));
  }
  return causes;
}
