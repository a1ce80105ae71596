import { isVfioDriver, type NodeFacts, type PciFunction, type SriovFacts } from './node-facts.ts';
import { comparePciAddresses, type PciAddress, virtualFunctionAddress } from './pci-address.ts';
import type { Plan, PlanStep } from './plan.ts';
import { describeStep } from './plan.ts';

/**
 * The facts as they should be once these steps have succeeded: what `--dry-run` shows the next round of plans from. A guess
 * where only the kernel knows: the groups of new virtual functions get numbers of their own.
 */
export function predictFacts(facts: NodeFacts, steps: readonly PlanStep[]): NodeFacts {
  return steps.reduce(afterStep, facts);
}

/** All rounds of plans that lead to the wanted state, if every step succeeds; at most `limit`. */
export function predictRounds(
  facts: NodeFacts,
  planOf: (facts: NodeFacts) => readonly Plan[],
  limit = 10,
): readonly (readonly Plan[])[] {
  const rounds: (readonly Plan[])[] = [];
  let now = facts;
  for (let plans = firstPurpose(planOf(now)); plans.length > 0 && rounds.length < limit;) {
    rounds.push(plans);
    now = predictFacts(
      now,
      plans.flatMap(({ steps }) => steps),
    );
    plans = firstPurpose(planOf(now));
  }
  return rounds;
}

/** The plans to run before looking again: those of the purpose that comes first. */
export function firstPurpose(plans: readonly Plan[]): readonly Plan[] {
  return plans.filter(({ purpose }) => purpose === plans[0]?.purpose);
}

function afterStep(facts: NodeFacts, step: PlanStep): NodeFacts {
  switch (step.kind) {
    case 'load-module':
      return {
        ...facts,
        drivers: [...new Set([...facts.drivers, step.module])].toSorted(),
        vfioDenylistDisabled:
          step.module === 'vfio-pci' ? step.parameters.includes('disable_denylist=1') : facts.vfioDenylistDisabled,
      };
    case 'unload-module':
      return { ...facts, drivers: facts.drivers.filter((driver) => driver !== step.module) };
    case 'write':
      return afterWrite(facts, step);
    case 'remember-reconfiguring':
    case 'verify-driver':
    case 'verify-vfs':
      return facts;
  }
}

function afterWrite(facts: NodeFacts, step: Extract<PlanStep, { kind: 'write' }>): NodeFacts {
  const { path, value } = step;
  if (path === 'bus/pci/drivers_probe') return changed(facts, value, (device) => probed(device, facts));
  if (/^bus\/pci\/drivers\/[^/]+\/unbind$/.test(path)) {
    return changed(facts, value, (device) => ({ ...device, driver: undefined, vfioDevice: undefined }));
  }
  const [, card] = /^kernel\/debug\/qat_[^/]+_([^_/]+)\/telemetry\/control$/.exec(path) ?? [];
  if (card !== undefined) return changed(facts, card, (device) => ({ ...device, telemetryOn: value !== '0' }));
  const [, address = '', attribute = ''] = /^bus\/pci\/devices\/([^/]+)\/(.+)$/.exec(path) ?? [];
  switch (attribute) {
    case 'driver_override':
      return changed(facts, address, (device) => ({ ...device, driverOverride: value }));
    case 'sriov_drivers_autoprobe':
      return withSriov(facts, address, (sriov) => ({ ...sriov, driversAutoprobe: value !== '0' }));
    case 'sriov_numvfs':
      return withVirtualFunctions(facts, address, Number(value));
    case 'qat/state':
      return changed(facts, address, ({ qat, ...device }) => ({
        ...device,
        qat: { ...qat, state: value === 'up' ? 'up' : 'down' },
      }));
    case 'qat/cfg_services':
      return changed(facts, address, ({ qat, ...device }) => ({
        ...device,
        qat: { ...qat, configuredServices: value },
      }));
    default:
      throw new RangeError(`no plan makes this step: ${describeStep(step)}`);
  }
}

function changed(facts: NodeFacts, address: PciAddress, change: (device: PciFunction) => PciFunction): NodeFacts {
  const functions = facts.functions.map((device) => (device.pciAddress === address ? change(device) : device));
  const groups = functions.flatMap(({ driver, iommuGroup }) =>
    isVfioDriver(driver) && iommuGroup !== undefined ? [String(iommuGroup)] : [],
  );
  const others = facts.vfioNodes.filter((name) => !/^\d+$/.test(name) && name !== 'vfio');
  const control = facts.drivers.some(isVfioDriver) ? ['vfio'] : [];
  return { ...facts, functions, vfioNodes: [...new Set([...groups, ...others, ...control])].toSorted() };
}

function probed(device: PciFunction, facts: NodeFacts): PciFunction {
  const { driver, driverOverride } = device;
  if (driver !== undefined || driverOverride === undefined || !facts.drivers.includes(driverOverride)) return device;
  return { ...device, driver: driverOverride };
}

function withSriov(facts: NodeFacts, address: PciAddress, change: (sriov: SriovFacts) => SriovFacts): NodeFacts {
  return changed(facts, address, (device) => (device.sriov ? { ...device, sriov: change(device.sriov) } : device));
}

function withVirtualFunctions(facts: NodeFacts, address: PciAddress, count: number): NodeFacts {
  const owner = facts.functions.find(({ pciAddress }) => pciAddress === address);
  const sriov = owner?.sriov;
  if (!sriov) return facts;
  const [vendor = ''] = owner.vendorDevice.split(':');
  const firstGroup = Math.max(0, ...facts.functions.map(({ iommuGroup }) => iommuGroup ?? 0)) + 1;
  const made = Array.from({ length: count }, (_, index): PciFunction => ({
    pciAddress: virtualFunctionAddress(address, index, sriov),
    vendorDevice: `${vendor}:${sriov.vfDevice ?? owner.vendorDevice.split(':')[1]}`,
    class: owner.class,
    iommuGroup: facts.iommuEnabled ? firstGroup + index : undefined,
    numaNode: owner.numaNode,
    physicalFunction: address,
  }));
  const others = facts.functions.filter(({ physicalFunction }) => physicalFunction !== address);
  const functions = [...others, ...made].toSorted((a, b) => comparePciAddresses(a.pciAddress, b.pciAddress));
  return withSriov({ ...facts, functions }, address, (now) => ({
    ...now,
    numVfs: count,
    virtualFunctions: made.map(({ pciAddress }) => pciAddress),
  }));
}
