import type { QatDeviceFamily } from '@quickvirt/config';
import { familyOf, knownFamilies } from './device-families.ts';
import type { NodeFacts, PciFunction } from './node-facts.ts';
import { type PciAddress, virtualFunctionAddress } from './pci-address.ts';
import { type CardSettings, cardSettings, type QatSettings } from './settings.ts';

/** A physical function with what is known and wanted of it. */
export interface Card {
  readonly device: PciFunction;
  readonly family: QatDeviceFamily;
  readonly wanted: CardSettings;
}

/** A virtual function with what is known and wanted of it. */
export interface CardPart {
  readonly device: PciFunction;
  readonly family: QatDeviceFamily;
  readonly wanted: CardSettings;
  /** Undefined in nested machines. */
  readonly card: Card | undefined;
  readonly index: number | undefined;
}

/** The QAT functions among all of a node, matched with the settings, in the order of their addresses. */
export interface Cards {
  readonly physical: readonly Card[];
  readonly virtual: readonly CardPart[];
}

/** Finds the QAT functions of a node. */
export function findCards(facts: NodeFacts, settings: QatSettings): Cards {
  const families = knownFamilies(settings.config.extraDevices);
  const found = facts.functions.flatMap((device) => {
    const match = familyOf(device, families);
    return match ? [{ device, ...match }] : [];
  });
  const physical = found
    .filter(({ role }) => role === 'physical')
    .map(({ device, family }) => ({ device, family, wanted: cardSettings(device.pciAddress, family, settings) }));
  const byAddress = new Map(physical.map((card) => [card.device.pciAddress, card]));
  const virtual = found
    .filter(({ role }) => role === 'virtual')
    .map(({ device, family }): CardPart => {
      const card = device.physicalFunction === undefined ? undefined : byAddress.get(device.physicalFunction);
      const position = card?.device.sriov?.virtualFunctions.indexOf(device.pciAddress) ?? -1;
      return {
        device,
        family,
        card,
        wanted: card?.wanted ?? cardSettings(device.pciAddress, family, settings),
        index: position === -1 ? undefined : position,
      };
    });
  return { physical, virtual };
}

/** The other functions of each IOMMU group, bridges left out: they are always the host's, and do not count. */
export function groupsOf(functions: readonly PciFunction[]): (device: PciFunction) => readonly PciFunction[] {
  const groups = Map.groupBy(
    functions.filter((device) => device.iommuGroup !== undefined && !device.class.startsWith('06')),
    (device) => device.iommuGroup,
  );
  return ({ pciAddress, iommuGroup }) =>
    (iommuGroup === undefined ? [] : (groups.get(iommuGroup) ?? [])).filter((other) => other.pciAddress !== pciAddress);
}

/** Whether any virtual function of a card is allocated: then nothing of the card may be changed. */
export function isCardInUse(card: Card, allocated: ReadonlySet<PciAddress>): boolean {
  return virtualFunctionsOf(card).some((address) => allocated.has(address));
}

/** The addresses of the virtual functions of a card: those that are there, and those that could be. */
export function virtualFunctionsOf({ device: { pciAddress, sriov } }: Card): readonly PciAddress[] {
  if (!sriov) return [];
  const possible = Array.from({ length: sriov.totalVfs }, (_, index) =>
    virtualFunctionAddress(pciAddress, index, sriov),
  );
  return [...new Set([...sriov.virtualFunctions, ...possible])];
}
