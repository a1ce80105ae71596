import type { FeatureHyperv, FeatureState } from '@quickvirt/api';

/**
 * Enlightenments that need another one. Source: QEMU docs, "Hyper-V Enlightenments", "existing enlightenments".
 * A later row never is needed by an earlier one of the same chain, so one pass upward closes them all.
 */
export const hypervRequirements: readonly (readonly [keyof FeatureHyperv, keyof FeatureHyperv])[] = [
  ['synictimer', 'synic'],
  ['synic', 'vpindex'],
  ['tlbflush', 'vpindex'],
  ['ipi', 'vpindex'],
  ['evmcs', 'vapic'],
];

/** Whether an enlightenment is asked for: being there is enough. */
export function isOn(feature: FeatureState | undefined): boolean {
  return feature !== undefined && feature !== null && feature.enabled !== false;
}

/** Pairs of which the first is on and the second was switched off. */
export function hypervConflicts(
  hyperv: FeatureHyperv,
): readonly (readonly [keyof FeatureHyperv, keyof FeatureHyperv])[] {
  return hypervRequirements.filter(([feature, needed]) => isOn(hyperv[feature]) && hyperv[needed]?.enabled === false);
}
