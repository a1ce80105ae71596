import type { Finding } from './finding.ts';
import { servicesNotApplied } from './findings.ts';
import { familyProblem } from './binding-problem.ts';
import { type Card, isCardInUse, virtualFunctionsOf } from './cards.ts';
import type { NodeFacts } from './node-facts.ts';
import type { NodeMemory } from './node-memory.ts';
import { deviceDirectory, type Plan, type PlanStep } from './plan.ts';
import { formatServices, sameServices, servicesOf, servicesProblem } from './services.ts';
import type { QatSettings } from './settings.ts';

/** What is to be done to a card, and what was wanted and is not done. */
export interface CardPlan {
  readonly plan?: Plan;
  readonly findings: readonly Finding[];
}

/**
 * The writes that bring a card to the wanted state: its services (changed only while it is down, which takes its virtual
 * functions away first), then all its virtual functions, which no host driver may grab. Decided from the card's state of
 * now alone, so that whatever a crash left half done is finished by the next plan. Nothing is written to a card with an
 * allocated virtual function: each of these writes would reach into the guest.
 */
export function planCard(card: Card, facts: NodeFacts, settings: QatSettings, memory: NodeMemory): CardPlan {
  const { device, family, wanted } = card;
  const drives = family.physicalFunctionDrivers;
  const works = device.driver !== undefined && (drives.length === 0 || drives.includes(device.driver));
  if (!wanted.managed || !works || familyProblem(device.pciAddress, family, facts, settings)) return { findings: [] };
  const inUse = isCardInUse(card, memory.allocated);
  const services = serviceChange(card, inUse);
  if (inUse) return { findings: services.findings };
  const steps = services.wanted ? changeServices(card, services.wanted) : [...bringUp(card, memory)];
  const isUp = device.qat?.state !== 'down' || steps.length > 0;
  if (isUp) steps.push(...makeVirtualFunctions(card, services.wanted !== undefined));
  if (steps.length === 0) return { findings: services.findings };
  return {
    plan: { purpose: 'provision', subject: device.pciAddress, touches: virtualFunctionsOf(card), steps },
    findings: services.findings,
  };
}

/** Which services are to be set, if any; or why they are not. */
function serviceChange(card: Card, inUse: boolean): { wanted?: readonly string[]; findings: readonly Finding[] } {
  const { device, family, wanted } = card;
  if (!wanted.services) return { findings: [] };
  const now = servicesOf(device, family);
  if (sameServices(wanted.services, now)) return { findings: [] };
  const [set, has] = [formatServices(wanted.services), formatServices(now) || 'its fixed services'];
  const refuse = (cause: string, remedy: string) => ({
    findings: [servicesNotApplied(device.pciAddress, cause, remedy)],
  });
  const rule = 'permittedHostDevices.qat.physicalFunctions';
  const problem = servicesProblem(wanted.services, family);
  if (problem) return refuse(`${set} is wanted, but ${problem}`, `Correct the services of the rule in ${rule}.`);
  if (device.qat?.configuredServices === undefined) {
    return refuse(
      `${set} is wanted, but its driver has no qat/cfg_services`,
      'The kernel is too old for it (Linux 6.0 is needed): update it, or leave the services out of the rule.',
    );
  }
  if (inUse) {
    return refuse(
      `${set} is wanted, but it runs ${has} and pods hold its virtual functions`,
      'Stop the guests that use this card: the change is made as soon as none does.',
    );
  }
  return { wanted: wanted.services, findings: [] };
}

function changeServices({ device }: Card, services: readonly string[]): PlanStep[] {
  const { pciAddress, sriov, qat } = device;
  const directory = deviceDirectory(pciAddress);
  const write = (attribute: string, value: string, why: string): PlanStep => ({
    kind: 'write',
    path: `${directory}/${attribute}`,
    value,
    why,
  });
  return [
    ...((sriov?.numVfs ?? 0) > 0 ? [write('sriov_numvfs', '0', 'going down would reset them under their owners')] : []),
    ...(qat?.state === 'down'
      ? []
      : [
          { kind: 'remember-reconfiguring', pciAddress, reconfiguring: true } as const,
          write('qat/state', 'down', 'services can be changed only while it is down'),
        ]),
    write('qat/cfg_services', formatServices(services), 'the wanted services'),
    write('qat/state', 'up', 'with its new services'),
    { kind: 'remember-reconfiguring', pciAddress, reconfiguring: false },
  ];
}

/** A card that is down is brought up only when we took it down, or its services are ours to say: else somebody meant it. */
function bringUp({ device, wanted }: Card, memory: NodeMemory): PlanStep[] {
  const { pciAddress, qat } = device;
  const remembered = memory.reconfiguring.has(pciAddress);
  const forget: PlanStep = { kind: 'remember-reconfiguring', pciAddress, reconfiguring: false };
  if (qat?.state !== 'down') return remembered ? [forget] : [];
  if (!remembered && !wanted.services) return [];
  const path = `${deviceDirectory(pciAddress)}/qat/state`;
  const up: PlanStep = { kind: 'write', path, value: 'up', why: 'it was left down with the wanted services' };
  return remembered ? [up, forget] : [up];
}

/** QAT makes all of its virtual functions or none, whatever number is written; so a number above 0 is never changed. */
function makeVirtualFunctions({ device }: Card, afterReset: boolean): PlanStep[] {
  const { pciAddress, sriov } = device;
  if (!sriov || sriov.totalVfs === 0 || (sriov.numVfs > 0 && !afterReset)) return [];
  const directory = deviceDirectory(pciAddress);
  const why = 'else a host driver grabs the virtual functions';
  return [
    ...(sriov.driversAutoprobe
      ? [{ kind: 'write', path: `${directory}/sriov_drivers_autoprobe`, value: '0', why } as const]
      : []),
    {
      kind: 'write',
      path: `${directory}/sriov_numvfs`,
      value: String(sriov.totalVfs),
      why: 'all virtual functions; the card cannot make fewer',
    },
    { kind: 'verify-vfs', pciAddress, count: sriov.totalVfs },
  ];
}
