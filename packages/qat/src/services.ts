import type { QatConfig, QatDeviceFamily } from '@quickvirt/config';
import type { PciFunction } from './node-facts.ts';

/** The order that services are named in, whatever order the kernel has them in: `dc;sym` and `sym;dc` are one set. */
const serviceOrder = ['sym', 'asym', 'dc', 'dcc', 'decomp'];

/** Services from the kernel's form (`sym;asym`, also `asym;sym`), in the fixed order; unknown ones stay, at the end. */
export function parseServices(configuredServices: string | undefined): readonly string[] {
  const named = (configuredServices ?? '').split(';').map((service) => service.trim());
  return inOrder([...new Set(named)].filter((service) => service !== ''));
}

/** Services in the kernel's form, for `qat/cfg_services`. */
export function formatServices(services: readonly string[]): string {
  return inOrder(services).join(';');
}

/** Whether two sets of services are the same. */
export function sameServices(a: readonly string[], b: readonly string[]): boolean {
  return formatServices(a) === formatServices(b);
}

function inOrder(services: readonly string[]): readonly string[] {
  const rank = (service: string) =>
    (serviceOrder.indexOf(service) + serviceOrder.length + 1) % (serviceOrder.length + 1);
  return services.toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * Why a family cannot run these services, or undefined when it can: none is chosen on cards before the fourth generation;
 * `dcc` stands alone; two at most on the fourth generation, three on the sixth; `decomp` from the sixth on
 * (Linux ABI sysfs-driver-qat).
 */
export function servicesProblem(services: readonly string[], family: QatDeviceFamily): string | undefined {
  if (services.length === 0) return undefined;
  if (family.maxServices === 0) return `${family.family} has one fixed set of services`;
  const set = formatServices(services);
  if (services.length > family.maxServices)
    return `${family.family} runs ${family.maxServices} services at most, not ${set}`;
  if (services.includes('dcc') && services.length > 1) return `dcc cannot be combined with others, as in ${set}`;
  if (services.includes('decomp') && family.generation < 6) return `${family.family} does not have decomp`;
  return undefined;
}

/**
 * The last part of a resource's name, as Intel's device plugin forms it: `generic` for a fixed set, `cy` for sym and asym
 * together, else the services joined by dashes (`sym-dc`, `dc`, `asym`).
 */
export function capabilityOf(services: readonly string[]): string {
  if (services.length === 0) return 'generic';
  const set = inOrder(services);
  return set.length === 2 && set[0] === 'sym' && set[1] === 'asym' ? 'cy' : set.join('-');
}

/** A PCI device that the KubeVirt CR gives a resource name of its own. */
export interface PermittedPciDevice {
  /** `vendor:device`, in upper or lower case. */
  readonly pciVendorSelector: string;
  readonly resourceName: string;
}

/**
 * The name that a virtual function is offered under: that of the first rule of `resources` that matches, else
 * `<prefix>/<capability>`. Undefined when `pciHostDevices` names the id: then that pool, or another provider, has it.
 */
export function resourceNameOf(
  virtualFunction: { readonly vendorDevice: string; readonly family: string; readonly services: readonly string[] },
  config: Pick<QatConfig, 'resourcePrefix' | 'resources'>,
  pciHostDevices: readonly PermittedPciDevice[],
): string | undefined {
  const { vendorDevice, family, services } = virtualFunction;
  if (pciHostDevices.some(({ pciVendorSelector }) => pciVendorSelector.toLowerCase() === vendorDevice)) {
    return undefined;
  }
  const named = config.resources.find(
    (rule) =>
      (rule.services === undefined || sameServices(rule.services, services)) &&
      (rule.families === undefined || rule.families.includes(family)),
  );
  return named?.resourceName ?? `${config.resourcePrefix}/${capabilityOf(services)}`;
}

/** Services of a card: what its driver says, else what its family is known for. */
export function servicesOf(physicalFunction: PciFunction | undefined, family: QatDeviceFamily): readonly string[] {
  const configured = physicalFunction?.qat?.configuredServices;
  return configured === undefined ? inOrder(family.services) : parseServices(configured);
}
