import {
  virtualMachineInstances,
  virtualMachines,
  type RestartOptions,
  type StartOptions,
  type StopOptions,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { notFound, type FailureStatus } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { decideConsole } from './console.ts';
import { decideRestart, decideStart, decideStop, restartOptionsProblem } from './power.ts';
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
  /** What is wrong with the call whatever the state. */
  problemOf?(call: SubresourceCall): FailureStatus | undefined;
  /** Pure: what to do about the call. */
  decide(call: SubresourceCall, state: SubresourceState): Answer;
}

function ofVm(
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

function ofVmi(
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

/** Every subresource that is served. */
export const subresourceFamilies: readonly SubresourceFamily[] = [
  ofVm('start', ({ options }, state) => decideStart(state, options as StartOptions)),
  ofVm('stop', ({ options }, state) => decideStop(state, options as StopOptions)),
  {
    ...ofVm('restart', ({ options }, state) => decideRestart(state, options as RestartOptions)),
    problemOf: ({ options }) => restartOptionsProblem(options as RestartOptions),
  },
  { ...ofVmi('console', 'GET', (_call, { vmi }) => decideConsole(vmi)), isStream: true },
];

const familyByPath = new Map(subresourceFamilies.map((family) => [`${family.resource}/${family.subresource}`, family]));

/** The family a path names; undefined when there is none. */
export function familyOf({ resource, subresource }: SubresourcePath): SubresourceFamily | undefined {
  return familyByPath.get(`${resource}/${subresource}`);
}
