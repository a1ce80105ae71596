import { milliUnits, tryParseQuantity, type CPU, type Quantity, type VirtualMachineInstanceSpec } from '@quickvirt/api';
import { invalid, notSupported, oneOf, required, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

const policies = ['force', 'require', 'optional', 'disable', 'forbid'];

/** CPU topology, placement, features. */
export const cpuRules: SpecRule = (spec, path) => {
  const cpu = spec.domain.cpu ?? {};
  const field = `${path}.domain.cpu`;
  const causes = (cpu.features ?? []).flatMap(({ name, policy }, index) =>
    policy && !policies.includes(policy)
      ? [notSupported(`${field}.features[${index}].policy`, `CPU feature ${name}: policy ${oneOf(policy, policies)}`)]
      : [],
  );
  if (cpu.maxSockets && (cpu.sockets ?? 0) > cpu.maxSockets) {
    causes.push(
      invalid(
        `${field}.sockets`,
        `Number of sockets in CPU topology is greater than the maximum sockets allowed: ${cpu.sockets} and ${cpu.maxSockets}`,
      ),
    );
  }
  return [...causes, ...placementRules(cpu, spec, path), ...resourceRules(spec, path)];
};

function placementRules(cpu: CPU, spec: VirtualMachineInstanceSpec, path: string): Cause[] {
  const field = `${path}.domain.cpu`;
  const causes: Cause[] = [];
  const dedicated = cpu.dedicatedCpuPlacement === true;
  if (cpu.isolateEmulatorThread && !dedicated) {
    causes.push(
      invalid(
        `${field}.isolateEmulatorThread`,
        'IsolateEmulatorThread should be only set in combination with DedicatedCPUPlacement',
      ),
    );
  }
  const passthrough = cpu.numa?.guestMappingPassthrough;
  if (passthrough) {
    if (!dedicated)
      causes.push(
        invalid(
          `${field}.numa.guestMappingPassthrough`,
          `${field}.dedicatedCpuPlacement must be set to true when NUMA topology strategy is set in ${field}.numa`,
        ),
      );
    if (!spec.domain.memory?.hugepages) {
      causes.push(
        invalid(
          `${field}.numa.guestMappingPassthrough`,
          `${path}.domain.memory.hugepages must be requested when NUMA topology strategy is set in ${field}.numa`,
        ),
      );
    }
  }
  if (cpu.realtime) {
    if (!dedicated)
      causes.push(
        required(
          `${field}.dedicatedCpuPlacement`,
          'a realtime VM needs dedicated CPUs: set dedicatedCpuPlacement to true',
        ),
      );
    if (!passthrough)
      causes.push(
        required(
          `${field}.numa.guestMappingPassthrough`,
          'a realtime VM needs the NUMA topology of its node: set numa.guestMappingPassthrough',
        ),
      );
  }
  return dedicated ? [...causes, ...dedicatedRules(cpu, spec, path)] : causes;
}

function dedicatedRules(cpu: CPU, spec: VirtualMachineInstanceSpec, path: string): Cause[] {
  const { requests = {}, limits = {} } = spec.domain.resources ?? {};
  const field = `${path}.domain.cpu.dedicatedCpuPlacement`;
  const causes: Cause[] = [];
  const refuse = (message: string): void => void causes.push(invalid(field, message));
  const request = milliCpu(requests.cpu);
  const limit = milliCpu(limits.cpu);
  const hasTopology = Boolean(cpu.cores || cpu.sockets || cpu.threads);
  const vcpus = (cpu.cores || 1) * (cpu.sockets || 1) * (cpu.threads || 1);
  for (const [name, value] of [
    ['requests', request],
    ['limits', limit],
  ] as const) {
    if (value !== undefined && value % 1000n !== 0n)
      refuse(`dedicated CPUs are whole ones: provided resources CPU ${name} must be an interger`);
  }
  if (request !== undefined && limit !== undefined && request !== limit)
    refuse(`${path}.domain.resources.requests.cpu and limits.cpu must be equal when DedicatedCPUPlacement is true`);
  const given = limit ?? request;
  if (hasTopology && given !== undefined && given !== BigInt(vcpus) * 1000n) {
    refuse(
      `there are ${vcpus} CPUs in ${path}.domain.cpu and ${given / 1000n} in ${path}.domain.resources; different numbers must not be provided at the same time with DedicatedCPUPlacement`,
    );
  }
  const memoryRequest = requests.memory;
  const memoryLimit = limits.memory;
  if (memoryRequest !== undefined && memoryLimit !== undefined && milliCpu(memoryRequest) !== milliCpu(memoryLimit)) {
    causes.push(
      invalid(
        `${path}.domain.resources.requests.memory`,
        `${path}.domain.resources.requests.memory and limits.memory must be equal when DedicatedCPUPlacement is true`,
      ),
    );
  }
  if ((cpu.threads ?? 1) > 2)
    causes.push(
      invalid(`${path}.domain.cpu.threads`, `with dedicated CPUs a core has at most 2 threads, not ${cpu.threads}`),
    );
  if (spec.architecture === 'arm64' && (cpu.threads ?? 1) > 1) {
    causes.push(
      invalid(
        `${path}.architecture`,
        `threads must not be greater than 1 at ${path}.domain.cpu.threads when ${path}.architecture is arm64`,
      ),
    );
  }
  return causes;
}

/** CPU of `resources`: not negative, requests within limits. */
function resourceRules(spec: VirtualMachineInstanceSpec, path: string): Cause[] {
  const { requests = {}, limits = {} } = spec.domain.resources ?? {};
  const field = `${path}.domain.resources`;
  const causes: Cause[] = [];
  const request = milliCpu(requests.cpu);
  const limit = milliCpu(limits.cpu);
  if (request !== undefined && request < 0n)
    causes.push(
      invalid(`${field}.requests.cpu`, `${field}.requests.cpu '${requests.cpu}': must be greater than or equal to 0.`),
    );
  if (limit !== undefined && limit < 0n)
    causes.push(
      invalid(`${field}.limits.cpu`, `${field}.limits.cpu '${limits.cpu}': must be greater than or equal to 0.`),
    );
  if (request !== undefined && limit !== undefined && limit > 0n && request > limit) {
    causes.push(
      invalid(
        `${field}.requests.cpu`,
        `${field}.requests.cpu '${requests.cpu}' is greater than ${field}.limits.cpu '${limits.cpu}'`,
      ),
    );
  }
  return causes;
}

function milliCpu(quantity: Quantity | undefined): bigint | undefined {
  const parsed = quantity === undefined ? undefined : tryParseQuantity(quantity);
  return parsed && milliUnits(parsed);
}
