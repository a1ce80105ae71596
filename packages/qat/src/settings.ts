import type { QatOffer } from '@quickvirt/api';
import type { QatConfig, QatDeviceFamily, QatPhysicalFunctionRuleConfig } from '@quickvirt/config';
import type { PciAddress } from './pci-address.ts';
import type { PermittedPciDevice } from './services.ts';

/** What people asked for, as it concerns one node. */
export interface QatSettings {
  readonly config: QatConfig;
  /** `permittedHostDevices.pciHostDevices` of the KubeVirt CR: ids named there are not offered as QAT. */
  readonly pciHostDevices: readonly PermittedPciDevice[];
  /** Labels of this node. */
  readonly nodeLabels: Readonly<Record<string, string>>;
}

/** What one card is to do. */
export interface CardSettings {
  readonly managed: boolean;
  /** Vfio driver of its virtual functions. */
  readonly driver: string;
  /** How its virtual functions are offered. */
  readonly offer: QatOffer;
  /** Services it is to run; undefined leaves them as they are. */
  readonly services?: readonly string[];
}

/** What a card is to do: the first rule that matches it, or the defaults. */
export function cardSettings(pciAddress: PciAddress, family: QatDeviceFamily, settings: QatSettings): CardSettings {
  const { config, nodeLabels } = settings;
  if (!config.enabled) return { managed: false, driver: config.driver, offer: config.offer };
  const rule = config.physicalFunctions.find((candidate) => matches(candidate, pciAddress, family, nodeLabels));
  return {
    managed: rule?.managed ?? true,
    driver: rule?.driver ?? config.driver,
    offer: rule?.offer ?? config.offer,
    services: rule?.services?.length ? rule.services : undefined,
  };
}

function matches(
  rule: QatPhysicalFunctionRuleConfig,
  pciAddress: PciAddress,
  family: QatDeviceFamily,
  nodeLabels: QatSettings['nodeLabels'],
): boolean {
  return (
    (rule.addresses?.includes(pciAddress) ?? true) &&
    (rule.families?.includes(family.family) ?? true) &&
    (rule.generations?.includes(family.generation) ?? true) &&
    Object.entries(rule.nodeSelector ?? {}).every(([label, value]) => nodeLabels[label] === value)
  );
}
