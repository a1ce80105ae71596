import type { PciAddress } from './pci-address.ts';

/** One thing to do on a node. Paths are relative to the root of sysfs. */
export type PlanStep =
  /** Loads a kernel module, with parameters as modprobe takes them. */
  | { readonly kind: 'load-module'; readonly module: string; readonly parameters: readonly string[] }
  /** Unloads a kernel module; refused by the kernel while anything uses it. */
  | { readonly kind: 'unload-module'; readonly module: string }
  /** Remembers, safe from crashes, that a card is being taken down (or is up again), so that the next run repairs it. */
  | { readonly kind: 'remember-reconfiguring'; readonly pciAddress: PciAddress; readonly reconfiguring: boolean }
  /** Writes an attribute. */
  | { readonly kind: 'write'; readonly path: string; readonly value: string; readonly why: string }
  /** Looks whether a driver is bound: a probe that failed is not an error of the write that asked for it. */
  | { readonly kind: 'verify-driver'; readonly pciAddress: PciAddress; readonly driver: string }
  /** Looks whether all virtual functions are there. */
  | { readonly kind: 'verify-vfs'; readonly pciAddress: PciAddress; readonly count: number };

/** Steps that belong together, in order: the first that fails ends them, and no other plan. */
export interface Plan {
  readonly purpose: 'load-modules' | 'provision' | 'bind' | 'observe';
  readonly subject: PciAddress;
  /** Functions that it changes: none of them may be allocated while it runs. */
  readonly touches: readonly PciAddress[];
  readonly steps: readonly PlanStep[];
}

/** Where sysfs has a function. */
export function deviceDirectory(pciAddress: PciAddress): string {
  return `bus/pci/devices/${pciAddress}`;
}

/** A step in one line, for `--dry-run` and the log. */
export function describeStep(step: PlanStep): string {
  switch (step.kind) {
    case 'load-module':
      return ['modprobe', step.module, ...step.parameters].join(' ');
    case 'unload-module':
      return `modprobe --remove ${step.module}`;
    case 'remember-reconfiguring':
      return step.reconfiguring
        ? `remember that ${step.pciAddress} is being reconfigured`
        : `forget that ${step.pciAddress} was being reconfigured`;
    case 'write':
      return `echo ${/^[\w:.-]+$/.test(step.value) ? step.value : `'${step.value}'`} > /sys/${step.path}  # ${step.why}`;
    case 'verify-driver':
      return `check that ${step.pciAddress} is bound to ${step.driver}`;
    case 'verify-vfs':
      return `check that ${step.pciAddress} has its ${step.count} virtual functions`;
  }
}
