import {
  virtualMachineInstances,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { notFound, type FailureStatus } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { optionTypesProblem, type OptionType } from './option-types.ts';
import type { SubresourcePath } from './subresource-request.ts';

/** What a caller asks, read from the request. */
export interface SubresourceCall {
  path: SubresourcePath;
  /** The body; empty where none came. Not checked against any schema. */
  options: Readonly<Record<string, unknown>>;
  query: URLSearchParams;
}

/** The cluster as far as a decision looks at it. */
export interface SubresourceState {
  config: ClusterConfig;
  /** The VM of the path's name, for families of virtualmachines. */
  vm?: VirtualMachine;
  /** The VMI of the path's name. */
  vmi?: VirtualMachineInstance;
}

/** One subresource: how it is reached, and what is decided about a call. */
export interface SubresourceFamily {
  /** Plural of the resource. */
  resource: string;
  subresource: string;
  method: 'GET' | 'PUT';
  /** Asked for as a WebSocket. */
  isStream?: true;
  /** Not named in discovery, as clients know it. */
  isHidden?: true;
  /** A family of VMIs whose decision looks at the VM of the same name as well. */
  readsVm?: true;
  /** What this release cannot do yet: a call that may go on is answered with 501 that names it, and changes nothing. */
  pending?: string;
  /** The body must say that it is JSON, else 415. */
  requiresJson?: true;
  /** Types of the body's fields, beside `dryRun`. */
  optionTypes?: Readonly<Record<string, OptionType>>;
  /** What else is wrong with the call whatever the state. */
  problemOf?(call: SubresourceCall): FailureStatus | undefined;
  /** Pure: what to do about the call. */
  decide(call: SubresourceCall, state: SubresourceState): Answer;
}

/** A PUT on a VM: 404 where there is none. */
export function ofVm(
  subresource: string,
  decide: (call: SubresourceCall, state: SubresourceState & { vm: VirtualMachine }) => Answer,
): SubresourceFamily {
  return {
    resource: virtualMachines.plural,
    subresource,
    method: 'PUT',
    decide: (call, state) =>
      state.vm
        ? decide(call, { ...state, vm: state.vm })
        : refuse(notFound({ resource: virtualMachines, name: call.path.name })),
  };
}

/** A subresource of a VMI: 404 where there is none. */
export function ofVmi(
  subresource: string,
  method: SubresourceFamily['method'],
  decide: (call: SubresourceCall, state: SubresourceState & { vmi: VirtualMachineInstance }) => Answer,
): SubresourceFamily {
  return {
    resource: virtualMachineInstances.plural,
    subresource,
    method,
    decide: (call, state) =>
      state.vmi
        ? decide(call, { ...state, vmi: state.vmi })
        : refuse(notFound({ resource: virtualMachineInstances, name: call.path.name })),
  };
}

/** What is wrong with a call whatever the state; undefined when nothing is. */
export function callProblem(family: SubresourceFamily, call: SubresourceCall): FailureStatus | undefined {
  return optionTypesProblem(call.options, { dryRun: 'strings', ...family.optionTypes }) ?? family.problemOf?.(call);
}
