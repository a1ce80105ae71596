import { familyProblem, isBoundAsWanted } from './binding-problem.ts';
import type { Cards } from './cards.ts';
import type { NodeFacts } from './node-facts.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { QatSettings } from './settings.ts';

/**
 * Loads the vfio drivers that cards of this node need and that are not there. With consent to a denylisted family,
 * vfio-pci is loaded with its denylist off; loaded with it already, it is loaded anew if it holds no device, because the
 * parameter can only be given at loading (Linux vfio_pci.c: 0444).
 */
export function planModules(cards: Cards, facts: NodeFacts, settings: QatSettings): Plan[] {
  if (!settings.config.loadModules) return [];
  const servable = [...cards.physical, ...cards.virtual].filter(
    ({ device, family, wanted }) => wanted.managed && !familyProblem(device.pciAddress, family, facts, settings),
  );
  const wantedDrivers = [...new Set(servable.map(({ wanted }) => wanted.driver))].toSorted();
  const denylisted = servable.some(({ family, wanted }) => family.denylisted && wanted.driver === 'vfio-pci');
  const steps = wantedDrivers.flatMap((driver): PlanStep[] => {
    const parameters = driver === 'vfio-pci' && denylisted ? ['disable_denylist=1'] : [];
    const load: PlanStep = { kind: 'load-module', module: driver, parameters };
    if (!facts.drivers.includes(driver)) return [load];
    const isIdle = !facts.functions.some((device) => device.driver === driver);
    const needsAnew =
      parameters.length > 0 &&
      facts.vfioDenylistDisabled === false &&
      cards.virtual.some(({ device, family, wanted }) => family.denylisted && !isBoundAsWanted(device, wanted.driver));
    return needsAnew && isIdle ? [{ kind: 'unload-module', module: driver }, load] : [];
  });
  return steps.length === 0 ? [] : [{ purpose: 'load-modules', subject: 'node', touches: [], steps }];
}
