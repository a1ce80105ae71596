import { bindingProblem, isBoundAsWanted } from './binding-problem.ts';
import type { CardPart } from './cards.ts';
import type { NodeFacts } from './node-facts.ts';
import type { NodeMemory } from './node-memory.ts';
import { deviceDirectory, type Plan, type PlanStep } from './plan.ts';
import type { QatSettings } from './settings.ts';

/**
 * The writes that bind a virtual function to its vfio driver, or none: it has it, it is allocated, or it cannot be
 * (see `bindingProblem`). By `driver_override` and `drivers_probe`, because `new_id` would race for every device of the
 * id. The link is looked at last: a failed probe is no error of the write.
 */
export function planBinding(
  part: CardPart,
  facts: NodeFacts,
  settings: QatSettings,
  memory: NodeMemory,
): Plan | undefined {
  const { device, family, wanted } = part;
  const { pciAddress, driver } = device;
  if (!wanted.managed || isBoundAsWanted(device, wanted.driver) || memory.allocated.has(pciAddress)) return undefined;
  if (bindingProblem(device, family, wanted.driver, facts, settings)) return undefined;
  const steps: PlanStep[] = [];
  if (device.driverOverride !== wanted.driver) {
    const path = `${deviceDirectory(pciAddress)}/driver_override`;
    steps.push({ kind: 'write', path, value: wanted.driver, why: 'no other driver may take it' });
  }
  if (driver !== undefined) {
    const path = `bus/pci/drivers/${driver}/unbind`;
    steps.push({ kind: 'write', path, value: pciAddress, why: `${driver} is not for guests` });
  }
  steps.push(
    { kind: 'write', path: 'bus/pci/drivers_probe', value: pciAddress, why: `binds ${wanted.driver}` },
    { kind: 'verify-driver', pciAddress, driver: wanted.driver },
  );
  return { purpose: 'bind', subject: pciAddress, touches: [pciAddress], steps };
}
