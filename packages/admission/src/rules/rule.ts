import type { VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { Cause } from '../cause.ts';

/** What a rule needs beside the spec. */
export interface RuleContext {
  config: ClusterConfig;
  /** Annotations of the VMI, or of the template of a VM. */
  annotations: Readonly<Record<string, string>>;
  /**
   * True where defaults were put in before, as for a VMI at create. A VM's template keeps what its owner wrote, so that
   * a rule that wants a default value must look at this.
   */
  defaulted: boolean;
  /** True where an instance type says the size, and what it says is not known here. */
  sizeUnknown?: boolean;
}

/**
 * A rule over a VMI's spec, or the spec of a VM's template.
 * @param path where the spec is: `spec` in a VMI, `spec.template.spec` in a VM.
 * @returns every problem it finds; empty when the spec keeps the rule.
 */
export type SpecRule = (spec: VirtualMachineInstanceSpec, path: string, context: RuleContext) => Cause[];
