import { required } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** Some field must say how much memory the guest gets. An instancetype may say it in a VirtualMachine's stead. */
export const memoryRules: SpecRule = ({ domain }, path) => {
  const { memory, resources } = domain;
  const isSaid =
    memory?.guest !== undefined ||
    memory?.hugepages?.pageSize !== undefined ||
    resources?.requests?.['memory'] !== undefined ||
    resources?.limits?.['memory'] !== undefined;
  if (isSaid) return [];
  return [
    required(
      '',
      `no memory requested, at least one of '${path}.domain.memory.guest', '${path}.domain.memory.hugepages.pageSize' or '${path}.domain.resources.requests.memory' must be set`,
    ),
  ];
};
