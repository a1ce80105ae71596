import {
  virtualMachineInstances,
  virtualMachines,
  type AddVolumeOptions,
  type MigrateOptions,
  type PauseOptions,
  type RemoveVolumeOptions,
  type RestartOptions,
  type StartOptions,
  type StopOptions,
  type UnpauseOptions,
} from '@quickvirt/api';
import { featureGateEnabled, type ClusterConfig } from '@quickvirt/config';
import { badRequest, conflict, notFound, notImplemented } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { decideConsole } from './console.ts';
import { decideUsbRedirection, decideVsock } from './device-streams.ts';
import { decideEvacuateCancel } from './evacuation.ts';
import { decideExpand, decideExpandOf } from './expand.ts';
import { decideScreenshot, decideVnc } from './graphics.ts';
import { decideGuestAgentReport } from './guest-agent.ts';
import { addVolumeProblem, decideVmiVolume, decideVmVolume, removeVolumeProblem } from './hotplug-volumes.ts';
import { decideMigrate } from './migrate.ts';
import { decideFreeze, decidePause, decideReset, decideSoftReboot, decideUnpause } from './node-actions.ts';
import { ofVm, ofVmi, type SubresourceCall, type SubresourceFamily } from './family.ts';
import { decidePortForward } from './port-forward.ts';
import { decideRestart, decideStart, decideStop, restartOptionsProblem, stopOptionsProblem } from './power.ts';
import type { SubresourcePath } from './subresource-request.ts';

const power: SubresourceFamily[] = [
  {
    ...ofVm('start', ({ options }, state) => decideStart(state, options as StartOptions)),
    optionTypes: { paused: 'boolean' },
  },
  {
    ...ofVm('stop', ({ options }, state) => decideStop(state, options as StopOptions)),
    optionTypes: { gracePeriod: 'integer' },
    problemOf: ({ options }) => stopOptionsProblem(options as StopOptions),
  },
  {
    ...ofVm('restart', ({ options }, state) => decideRestart(state, options as RestartOptions)),
    optionTypes: { gracePeriodSeconds: 'integer' },
    problemOf: ({ options }) => restartOptionsProblem(options as RestartOptions),
  },
];

const nodeActions: SubresourceFamily[] = [
  ofVmi('pause', 'PUT', ({ options }, { vmi }) => decidePause(vmi, options as PauseOptions)),
  {
    ...ofVmi('unpause', 'PUT', ({ options }, { vmi, vm }) => decideUnpause(vmi, vm, options as UnpauseOptions)),
    readsVm: true,
  },
  ofVmi('freeze', 'PUT', (_call, { vmi }) => decideFreeze(vmi, 'freeze')),
  ofVmi('unfreeze', 'PUT', (_call, { vmi }) => decideFreeze(vmi, 'unfreeze')),
  ofVmi('softreboot', 'PUT', (_call, { vmi }) => decideSoftReboot(vmi)),
  ofVmi('reset', 'PUT', (_call, { vmi }) => decideReset(vmi)),
  ofVmi('vnc/screenshot', 'GET', (_call, { vmi }) => decideScreenshot(vmi)),
  ...['guestosinfo', 'userlist', 'filesystemlist'].map((report): SubresourceFamily => ({
    resource: virtualMachineInstances.plural,
    subresource: report,
    method: 'GET',
    decide: ({ path }, { vmi }) => decideGuestAgentReport(vmi, path.name, report),
  })),
];

const streams: SubresourceFamily[] = [
  { ...ofVmi('console', 'GET', (_call, { vmi }) => decideConsole(vmi)), isStream: true },
  { ...ofVmi('vnc', 'GET', ({ query }, { vmi }) => decideVnc(vmi, query)), isStream: true },
  { ...ofVmi('usbredir', 'GET', (_call, { vmi }) => decideUsbRedirection(vmi)), isStream: true, isHidden: true },
  { ...ofVmi('vsock', 'GET', (_call, { vmi }) => decideVsock(vmi)), isStream: true, isHidden: true },
  {
    ...ofVmi('portforward', 'GET', ({ path }, { vmi }) => decidePortForward(vmi, path.rest)),
    isStream: true,
  },
  {
    ...ofVm('portforward', ({ path }, { vm, vmi }) =>
      vmi
        ? decidePortForward(vmi, path.rest)
        : refuse(conflict({ resource: virtualMachines, name: vm.metadata.name ?? '' }, 'VMI is not started')),
    ),
    method: 'GET',
    isStream: true,
    isHidden: true,
  },
];

const ADD_VOLUME_TYPES = { name: 'string', disk: 'object', volumeSource: 'object' } as const;

const volumes: SubresourceFamily[] = [
  {
    ...ofVm('addvolume', ({ options }, { vm, config }) => decideVmVolume(vm, { add: asAdd(options) }, config)),
    optionTypes: ADD_VOLUME_TYPES,
    problemOf: ({ options }) => addVolumeProblem(asAdd(options)),
    isHidden: true,
    pending: 'hot-plugging volumes',
  },
  {
    ...ofVm('removevolume', ({ options }, { vm, config }) => decideVmVolume(vm, { remove: asRemove(options) }, config)),
    optionTypes: { name: 'string' },
    problemOf: ({ options }) => removeVolumeProblem(asRemove(options)),
    isHidden: true,
    pending: 'hot-plugging volumes',
  },
  {
    ...ofVmi('addvolume', 'PUT', ({ options }, { vmi, config }) =>
      decideVmiVolume(vmi, { add: asAdd(options) }, config),
    ),
    optionTypes: ADD_VOLUME_TYPES,
    problemOf: ({ options }) => addVolumeProblem(asAdd(options)),
    pending: 'hot-plugging volumes',
  },
  {
    ...ofVmi('removevolume', 'PUT', ({ options }, { vmi, config }) =>
      decideVmiVolume(vmi, { remove: asRemove(options) }, config),
    ),
    optionTypes: { name: 'string' },
    problemOf: ({ options }) => removeVolumeProblem(asRemove(options)),
    pending: 'hot-plugging volumes',
  },
];

const asAdd = (options: SubresourceCall['options']): AddVolumeOptions => options as unknown as AddVolumeOptions;
const asRemove = (options: SubresourceCall['options']): RemoveVolumeOptions =>
  options as unknown as RemoveVolumeOptions;

const placement: SubresourceFamily[] = [
  {
    ...ofVm('migrate', ({ options }, { vm, vmi }) => decideMigrate(vm, vmi, options as MigrateOptions)),
    optionTypes: { addedNodeSelector: 'string map' },
    pending: 'live migration',
  },
  {
    ...ofVmi('evacuate/cancel', 'PUT', ({ options }, { vmi }) => decideEvacuateCancel(vmi, options)),
    pending: 'evacuation',
  },
  {
    ...ofVm('evacuate/cancel', ({ options }, { vm, vmi }) =>
      vmi
        ? decideEvacuateCancel(vmi, options)
        : refuse(notFound({ resource: virtualMachineInstances, name: vm.metadata.name ?? '' })),
    ),
    pending: 'evacuation',
  },
];

const expansion: SubresourceFamily[] = [
  { ...ofVm('expand-spec', (_call, { vm }) => decideExpand(vm)), method: 'GET' },
  {
    resource: 'expand-vm-spec',
    subresource: '',
    method: 'PUT',
    requiresJson: true,
    decide: ({ path, options }) => decideExpandOf(options, path.namespace),
  },
];

const graphOff = 'ObjectGraph feature gate not enabled: Unable to return object graph.';

/** Known to clients, but nothing of them is there yet: they are told so, rather than that the path does not exist. */
const unavailable: SubresourceFamily[] = [
  { ...ofVm('memorydump', () => refuse(notImplemented('memory dumps'))), isHidden: true },
  { ...ofVm('removememorydump', () => refuse(notImplemented('memory dumps'))), isHidden: true },
  ofVmi('backup', 'PUT', () => refuse(notImplemented('backup'))),
  ofVmi('redefine-checkpoint', 'PUT', () => refuse(notImplemented('backup'))),
  ...['sev/fetchcertchain', 'sev/querylaunchmeasurement'].map((subresource) =>
    ofVmi(subresource, 'GET', () => refuse(notImplemented('launch security'))),
  ),
  ...['sev/setupsession', 'sev/injectlaunchsecret'].map((subresource) =>
    ofVmi(subresource, 'PUT', () => refuse(notImplemented('launch security'))),
  ),
  { ...ofVm('objectgraph', (_call, { config }) => objectGraph(config)), method: 'GET' },
  ofVmi('objectgraph', 'GET', (_call, { config }) => objectGraph(config)),
];

function objectGraph(config: ClusterConfig): Answer {
  return refuse(featureGateEnabled(config, 'ObjectGraph') ? notImplemented('the object graph') : badRequest(graphOff));
}

/** Every subresource that is served. */
export const subresourceFamilies: readonly SubresourceFamily[] = [
  ...power,
  ...nodeActions,
  ...streams,
  ...volumes,
  ...placement,
  ...expansion,
  ...unavailable,
];

const familyByPath = new Map(subresourceFamilies.map((family) => [`${family.resource}/${family.subresource}`, family]));

/** The family a path names; undefined when there is none. */
export function familyOf({ resource, subresource }: SubresourcePath): SubresourceFamily | undefined {
  return familyByPath.get(`${resource}/${subresource}`);
}
