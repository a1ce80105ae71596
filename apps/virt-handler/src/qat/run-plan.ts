import type { Sysfs } from '@quickvirt/host';
import { describeStep, type Plan, type PlanStep, type StepFailure } from '@quickvirt/qat';
import type { Logger } from '@quickvirt/telemetry';
import type { Checkpoint } from './checkpoint.ts';
import type { KernelModules } from './kernel-modules.ts';

/** What the steps of plans are run with. */
export interface PlanPorts {
  readonly sysfs: Sysfs;
  readonly modules: KernelModules;
  readonly checkpoint: Checkpoint;
  readonly logger: Logger;
}

/** Making 32 virtual functions took 0.3 s, taking them away 1.1 s, on an idle machine; a card's firmware takes longer. */
const SRIOV_TIMEOUT_MS = 60_000;
/** Starting a card loads its firmware. */
const STATE_TIMEOUT_MS = 30_000;
const WRITE_TIMEOUT_MS = 10_000;

/** Runs the steps of a plan in order. Returns the first that failed, if any; what comes after it is not run. */
export async function runPlan(plan: Plan, ports: PlanPorts): Promise<StepFailure | undefined> {
  for (const step of plan.steps) {
    ports.logger.debug('QAT', { subject: plan.subject, step: describeStep(step) });
    const failure = await runStep(step, ports);
    if (failure) return failure;
  }
  ports.logger.info('QAT', { subject: plan.subject, done: plan.purpose, steps: plan.steps.length });
  return undefined;
}

async function runStep(step: PlanStep, ports: PlanPorts): Promise<StepFailure | undefined> {
  try {
    const detail = await attempt(step, ports);
    return detail === undefined ? undefined : { step, detail };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { step, detail: message, ...(typeof code === 'string' && { errno: code }) };
  }
}

/** Does a step; what a check saw instead of what it looked for is the answer. */
async function attempt(step: PlanStep, ports: PlanPorts): Promise<string | undefined> {
  const { sysfs, modules, checkpoint } = ports;
  switch (step.kind) {
    case 'load-module':
      await modules.load(step.module, step.parameters);
      return undefined;
    case 'unload-module':
      await modules.unload(step.module);
      return undefined;
    case 'remember-reconfiguring':
      await checkpoint.update((state) => ({
        ...state,
        reconfiguring: [
          ...state.reconfiguring.filter((address) => address !== step.pciAddress),
          ...(step.reconfiguring ? [step.pciAddress] : []),
        ],
      }));
      return undefined;
    case 'write':
      await sysfs.write(step.path, step.value, timeoutOf(step.path));
      return undefined;
    case 'verify-driver': {
      const driver = await sysfs.linkName(`bus/pci/devices/${step.pciAddress}/driver`);
      return driver === step.driver ? undefined : (driver ?? 'no driver');
    }
    case 'verify-vfs': {
      const names = await sysfs.list(`bus/pci/devices/${step.pciAddress}`);
      const count = names.filter((name) => name.startsWith('virtfn')).length;
      return count === step.count ? undefined : String(count);
    }
  }
}

function timeoutOf(path: string): number {
  if (path.endsWith('/sriov_numvfs')) return SRIOV_TIMEOUT_MS;
  return path.endsWith('/qat/state') ? STATE_TIMEOUT_MS : WRITE_TIMEOUT_MS;
}
