import { invalid, required, type Cause } from '../cause.ts';
import { hypervConflicts, hypervRequirements, isOn } from '../hyperv.ts';
import type { SpecRule } from './rule.ts';

/** Enlightenments: each with what it needs, and the list or all of them, not both. */
export const hypervRules: SpecRule = (spec, path, { defaulted }) => {
  const { hyperv, hypervPassthrough } = spec.domain.features ?? {};
  if (!hyperv) return [];
  const causes: Cause[] = [];
  // KubeVirt names the path twice here, and clients show it so.
  const list = `${path}.domain.features.hyperv.domain.features.hyperv`;
  if (hypervPassthrough && hypervPassthrough.enabled !== false) {
    const field = `${path}.domain.features.hyperv`;
    causes.push(invalid(field, 'hyperv and hypervPassthrough exclude each other; keep one of them'));
  }
  for (const [feature, needed] of hypervConflicts(hyperv)) {
    causes.push(invalid(`${list}.${feature}`, `'${feature}' requires '${needed}', which was disabled.`));
  }
  if (!defaulted) return causes;
  for (const [feature, needed] of hypervRequirements) {
    if (isOn(hyperv[feature]) && !hyperv[needed]) causes.push(required(`${list}.${feature}`, `'${needed}' is missing`));
  }
  const vmx = spec.domain.cpu?.features?.find(({ name }) => name === 'vmx');
  if (isOn(hyperv.evmcs) && vmx?.policy !== 'require') {
    const field = `${path}.domain.cpu.features`;
    causes.push(required(field, "evmcs is for guests that run guests: add the CPU feature vmx with policy 'require'"));
  }
  return causes;
};
