import {
  compareQuantities,
  tryParseQuantity,
  wholeUnits,
  type Memory,
  type Quantity,
  type VirtualMachineInstanceSpec,
} from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, quoted, required, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** KubeVirt's floor of a memory request, in bytes: less cannot start any guest. */
const minRequestBytes = 1_000_000n;

/** How much memory, in which pages, and what the container asks for. */
export const memoryRules: SpecRule = (spec, path, { config, sizeUnknown }) => {
  const { memory, resources } = spec.domain;
  const field = `${path}.domain.memory`;
  const causes: Cause[] = [];
  if (memory?.reservedOverhead && !featureGateEnabled(config, 'ReservedOverheadMemlock')) {
    causes.push(
      invalid(
        `${field}.reservedOverhead`,
        'reserved overhead needs the feature gate ReservedOverheadMemlock in the KubeVirt object',
      ),
    );
  }
  causes.push(...resourceRules(spec, path));
  const said = memory?.guest ?? memory?.hugepages ?? resources?.requests?.memory ?? resources?.limits?.memory;
  if (said === undefined && !sizeUnknown) {
    causes.push(
      required(
        '',
        `no memory requested, at least one of '${field}.guest', '${field}.hugepages.pageSize' or '${path}.domain.resources.requests.memory' must be set`,
      ),
    );
  }
  if (memory?.hugepages) causes.push(...hugepageRules(memory, resources?.requests?.memory, path));
  return causes;
};

function resourceRules(spec: VirtualMachineInstanceSpec, path: string): Cause[] {
  const { requests = {}, limits = {} } = spec.domain.resources ?? {};
  const field = `${path}.domain.resources`;
  const causes: Cause[] = [];
  const request = bytes(requests.memory);
  const limit = bytes(limits.memory);
  if (request !== undefined && request < 0n)
    causes.push(
      invalid(
        `${field}.requests.memory`,
        `${field}.requests.memory '${requests.memory}': must be greater than or equal to 0.`,
      ),
    );
  else if (request !== undefined && request < minRequestBytes)
    causes.push(
      invalid(
        `${field}.requests.memory`,
        `${field}.requests.memory '${requests.memory}': must be greater than or equal to 1M.`,
      ),
    );
  if (limit !== undefined && limit < 0n)
    causes.push(
      invalid(
        `${field}.limits.memory`,
        `${field}.limits.memory '${limits.memory}': must be greater than or equal to 0.`,
      ),
    );
  if (request !== undefined && limit !== undefined && limit > 0n && request > limit) {
    causes.push(
      invalid(
        `${field}.requests.memory`,
        `${field}.requests.memory '${requests.memory}' is greater than ${field}.limits.memory '${limits.memory}'`,
      ),
    );
  }
  const guest = spec.domain.memory?.guest;
  if (
    guest !== undefined &&
    limit !== undefined &&
    limit > 0n &&
    (bytes(guest) ?? 0n) > limit &&
    spec.domain.memory?.maxGuest === undefined
  ) {
    causes.push(
      invalid(
        `${path}.domain.memory.guest`,
        `${path}.domain.memory.guest '${guest}' must be equal to or less than the memory limit ${field}.limits.memory '${limits.memory}'`,
      ),
    );
  }
  return causes;
}

function hugepageRules(memory: Memory, request: Quantity | undefined, path: string): Cause[] {
  const field = `${path}.domain.memory.hugepages.pageSize`;
  const pageSize = memory.hugepages?.pageSize;
  const page = pageSize === undefined ? undefined : bytes(pageSize);
  if (page === undefined || page <= 0n)
    return [invalid(field, `${quoted(pageSize)} is no page size; write it as 2Mi or 1Gi`)];
  // Where the guest's memory comes from does not change where clients look for the problem.
  const size = memory.guest ?? request;
  if (size === undefined) return [];
  const total = bytes(size) ?? 0n;
  const at = `${path}.domain.resources.requests.memory`;
  if (compareQuantities(size, pageSize ?? 0) < 0)
    return [invalid(at, `${at} '${size}' must be equal to or larger than page size ${field} '${pageSize}'`)];
  return total % page === 0n
    ? []
    : [invalid(at, `${at} '${size}' is not a multiple of the page size ${field} '${pageSize}'`)];
}

function bytes(quantity: Quantity | undefined): bigint | undefined {
  const parsed = quantity === undefined ? undefined : tryParseQuantity(quantity);
  return parsed && wholeUnits(parsed);
}
