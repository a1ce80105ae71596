import type { Finding } from './finding.ts';
import { bindFailed, denylistOverridden, foreignDriver, foreignPlugin, iommuDisabled } from './findings.ts';
import { cardHealth, groupHealth } from './health.ts';
import type { PhysicalFunction, QatInventory, VirtualFunction } from './inventory.ts';
import { bindingProblem, familyProblem, isBoundAsWanted } from './binding-problem.ts';
import { type Card, type CardPart, findCards, groupsOf, isCardInUse } from './cards.ts';
import type { NodeFacts, PciFunction } from './node-facts.ts';
import type { NodeMemory } from './node-memory.ts';
import { planCard } from './provisioning-plan.ts';
import { resourceNameOf, servicesOf } from './services.ts';
import type { QatSettings } from './settings.ts';

/** The prefix of Intel's own device plugin; its sockets are named `<prefix>-<resource>.sock`. */
const INTEL_PREFIX = 'qat.intel.com';

/** The warning or error that another QAT device plugin serves the node; undefined when none does. */
export function foreignPluginFinding(
  facts: Pick<NodeFacts, 'foreignPlugins'>,
  settings: QatSettings,
): Finding | undefined {
  if (facts.foreignPlugins.length === 0) return undefined;
  return foreignPlugin(facts.foreignPlugins, settings.config.resourcePrefix !== INTEL_PREFIX);
}

/** What QAT a node has, what of it guests may have now, and what is wrong. Pure: equal input gives an equal inventory. */
export function takeInventory(facts: NodeFacts, settings: QatSettings, memory: NodeMemory): QatInventory {
  const cards = findCards(facts, settings);
  const inGroupOf = groupsOf(facts.functions);
  const nodes = new Set(facts.vfioNodes);
  const foreign = cards.physical.length + cards.virtual.length > 0 ? foreignPluginFinding(facts, settings) : undefined;
  const ofCard = new Map(
    cards.physical.map((card) => [card.device.pciAddress, cardFindings(card, facts, settings, memory)]),
  );
  const virtualFunctions = cards.virtual.map((part) => {
    const others = inGroupOf(part.device);
    const own = part.wanted.managed ? partFindings(part, others, nodes, facts, settings, memory) : [];
    const ofItsCard = part.card === undefined ? [] : (ofCard.get(part.card.device.pciAddress) ?? []);
    const findings = distinct([...(foreign ? [foreign] : []), ...ofItsCard, ...own]);
    return virtualFunction(part, others, findings, settings);
  });
  return {
    physicalFunctions: cards.physical.map(physicalFunction),
    virtualFunctions,
    findings: distinct([
      ...(foreign ? [foreign] : []),
      ...[...ofCard.values()].flat(),
      ...virtualFunctions.flatMap((part) => part.findings),
    ]),
  };
}

function physicalFunction({ device, family, wanted }: Card): PhysicalFunction {
  const { pciAddress, vendorDevice, driver, numaNode, sriov, qat, heartbeat, ras, telemetry } = device;
  return {
    pciAddress,
    vendorDevice,
    family: family.family,
    generation: family.generation,
    driver,
    numaNode,
    totalVfs: sriov?.totalVfs ?? 0,
    numVfs: sriov?.numVfs ?? 0,
    virtualFunctions: sriov?.virtualFunctions ?? [],
    services: servicesOf(device, family),
    state: qat?.state,
    heartbeat,
    ras,
    telemetry,
    managed: wanted.managed,
  };
}

function virtualFunction(
  { device, family, wanted, card, index }: CardPart,
  others: readonly PciFunction[],
  findings: readonly Finding[],
  settings: QatSettings,
): VirtualFunction {
  const { pciAddress, vendorDevice, driver, driverOverride, iommuGroup, numaNode, vfioDevice } = device;
  const services = servicesOf(card?.device, family);
  const named = { vendorDevice, family: family.family, services };
  const resourceName = wanted.managed ? resourceNameOf(named, settings.config, settings.pciHostDevices) : undefined;
  return {
    pciAddress,
    ...named,
    generation: family.generation,
    physicalFunction: device.physicalFunction,
    index,
    driver,
    wantedDriver: wanted.driver,
    driverOverride,
    iommuGroup,
    groupMembers: others.map((other) => other.pciAddress),
    numaNode,
    vfioDevice,
    resourceName,
    offer: wanted.offer,
    usable: wanted.managed && !findings.some(({ severity }) => severity === 'error'),
    findings,
  };
}

/** What is wrong with a card, for itself and for all its virtual functions. */
function cardFindings(card: Card, facts: NodeFacts, settings: QatSettings, memory: NodeMemory): readonly Finding[] {
  const { device, family, wanted } = card;
  if (!wanted.managed) return [];
  const { pciAddress } = device;
  const health = cardHealth(device, family, memory.acknowledged[pciAddress], isCardInUse(card, memory.allocated));
  const barred = familyProblem(pciAddress, family, facts, settings);
  const consented = family.denylisted && !barred ? [denylistOverridden(pciAddress, family.family)] : [];
  const failed = memory.failures.filter(({ subject }) => subject === pciAddress);
  const refused = planCard(card, facts, settings, memory).findings;
  // A refusal to bring the card up says more than that it is down.
  const known = new Set(failed.map(({ code }) => code));
  return [
    ...health.filter(({ code }) => !known.has(code)),
    ...(barred ? [barred] : []),
    ...consented,
    ...failed,
    ...refused,
  ];
}

function partFindings(
  part: CardPart,
  others: readonly PciFunction[],
  nodes: ReadonlySet<string>,
  facts: NodeFacts,
  settings: QatSettings,
  memory: NodeMemory,
): readonly Finding[] {
  const { device, family, wanted } = part;
  const { pciAddress, driver } = device;
  // What the card says for all of its parts is not said again for each.
  const barred = familyProblem(pciAddress, family, facts, settings);
  if (barred) return part.card ? [] : [barred];
  if (isBoundAsWanted(device, wanted.driver)) {
    if (device.iommuGroup === undefined) return [iommuDisabled(pciAddress, true)];
    return groupHealth(device, others, nodes, memory.allocated);
  }
  const problem = bindingProblem(device, family, wanted.driver, facts, settings);
  const failed = memory.failures.filter(
    ({ subject, code }) => subject === pciAddress || (subject === 'node' && code === problem?.code),
  );
  if (failed.length > 0) return failed;
  if (problem) return [problem];
  if (memory.allocated.has(pciAddress)) {
    const now = driver === undefined ? 'bound to no driver' : `bound to ${driver}`;
    return [foreignDriver(pciAddress, `it was taken from vfio while a pod holds it: it is ${now}`)];
  }
  return [bindFailed(pciAddress, `it is not bound to ${wanted.driver} yet`)];
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
