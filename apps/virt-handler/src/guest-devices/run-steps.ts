import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import {
  isNotFound,
  RetryAfter,
  statusApply,
  systemClock,
  type Clock,
  type EffectRunner,
  type Informer,
  type KubeClient,
  type Recorder,
} from '@quickvirt/kube';
import { RpcError } from '@quickvirt/rpc';
import type { Launchers } from '../launchers/launchers.ts';
import type { DeviceMemories, FoundFunction } from './device-memory.ts';
import type { Attachment, DeviceWish, GuestDevicesEffect } from './effects.ts';

/** Which function a pod of this node was given. @throws Error when the kubelet does not tell. */
export type FindFunction = (attachment: Attachment & { namespace: string }) => Promise<string>;

export interface StepPorts {
  client: Pick<KubeClient, 'patch'>;
  recorder: Pick<Recorder, 'event'>;
  launchers: Launchers;
  vmis: Informer<VirtualMachineInstance>;
  memories: DeviceMemories;
  findFunction: FindFunction;
  /** Opens functions to a launcher's pod, and takes them away again. */
  access: {
    open(podUid: string, pciAddress: string): Promise<void>;
    close(podUid: string, pciAddress: string, stillUsed: readonly string[]): Promise<void>;
    allowLockedMemory(vmi: VirtualMachineInstance, podUid: string, attachedDevices: number): Promise<void>;
  };
  clock?: Clock;
}

/** Its own, beside the VMI controller's: each states its own fields. */
const FIELD_MANAGER = 'virt-handler-devices';
/** A guest may take some seconds to let go of a device; the launcher bounds its own steps. */
const SYNC_TIMEOUT_MS = 60_000;
/** Answers of a launcher that the same request would get again. */
const REFUSALS: readonly string[] = ['FAILED_PRECONDITION', 'INVALID_ARGUMENT', 'UNIMPLEMENTED'];

/** What a launcher says of itself when it can change the devices of a running guest. */
const HOTPLUG_FEATURE = 'hotplug-host-device';
const INFO_TIMEOUT_MS = 5_000;

/** The guest's launcher is of a release that cannot change the devices of a running guest. */
class LauncherTooOld extends Error {
  constructor(version: string) {
    super(
      `the guest's launcher (${version || 'an old release'}) cannot change the devices of a running guest: ` +
        'restart the VM, and it comes back with its devices under the present release',
    );
  }
}

/** Runs the effects of the controller of guests' devices. */
export function guestDevicesStepRunner(ports: StepPorts): EffectRunner<GuestDevicesEffect> {
  const { client, recorder, vmis, memories, launchers, access } = ports;
  return async (effect, { key, signal, logger }) => {
    switch (effect.type) {
      case 'findFunctions':
        for (const attachment of effect.attachments) await findFunction(key, attachment, ports);
        return;
      case 'syncDevices':
        logger.info('asking the launcher for other devices', { wish: effect.wish.text });
        await syncDevices(key, effect.wish, ports, signal);
        return;
      case 'closeFunction': {
        const podUid = launchers.get(key)?.podUid;
        if (podUid) await access.close(podUid, effect.pciAddress, effect.stillUsed);
        return;
      }
      case 'applyDevices':
        vmis.wrote(await applyDevices(client, effect));
        return;
      case 'setProblem':
        memories.update(key, { problem: effect.problem, ...(effect.problem === undefined && { outcome: undefined }) });
        return;
      case 'event':
        recorder.event(effect.vmi, effect.event);
    }
  };
}

/** The cache learns of a deletion within this time. */
const DELETION_SEEN_MS = 1_000;

async function applyDevices(
  client: StepPorts['client'],
  { vmi, devices }: GuestDevicesEffect & { type: 'applyDevices' },
): Promise<VirtualMachineInstance> {
  const { name = '', namespace } = vmi.metadata;
  const body = statusApply(virtualMachineInstances, vmi, { deviceStatus: devices });
  const options = { kind: 'apply', subresource: 'status', fieldManager: FIELD_MANAGER, force: true } as const;
  try {
    return await client.patch(virtualMachineInstances, { name, namespace }, body, options);
  } catch (error) {
    if (isNotFound(error)) throw new RetryAfter(DELETION_SEEN_MS, 'the instance is gone', { cause: error });
    throw error;
  }
}

async function findFunction(
  key: string,
  attachment: Attachment,
  { memories, findFunction: find, clock = systemClock }: StepPorts,
): Promise<void> {
  const { name, podUid } = attachment;
  const earlier = memories.get(key).found.get(name);
  let found: FoundFunction;
  try {
    found = { podUid, pciAddress: await find({ ...attachment, namespace: key.split('/')[0] ?? '' }) };
  } catch (error) {
    const attempts = earlier?.podUid === podUid && 'attempts' in earlier ? earlier.attempts + 1 : 1;
    found = { podUid, problem: error instanceof Error ? error.message : String(error), attempts, at: clock.now() };
  }
  memories.update(key, { found: new Map(memories.get(key).found).set(name, found) });
}

/** One try; what it came to is kept where the next decision finds it. The guest runs on, whatever it is. */
async function syncDevices(
  key: string,
  { vmi, config, functions, toOpen, text }: DeviceWish,
  { launchers, memories, access, clock = systemClock }: StepPorts,
  signal: AbortSignal,
): Promise<void> {
  const connection = launchers.get(key);
  const launcher = connection?.client;
  if (!connection || !launcher) return;
  const { podUid } = connection;
  try {
    const { version, features } = await launcher.info({}, { timeoutMs: INFO_TIMEOUT_MS, signal });
    if (!features.includes(HOTPLUG_FEATURE)) throw new LauncherTooOld(version);
    if (toOpen.length > 0) await access.allowLockedMemory(vmi, podUid, functions.length);
    for (const pciAddress of toOpen) await access.open(podUid, pciAddress);
    const { managedFields: _unread, ...metadata } = vmi.metadata;
    const request = {
      vmiJson: Buffer.from(JSON.stringify({ ...vmi, metadata })),
      configJson: Buffer.from(JSON.stringify(config)),
      facts: { hostDevices: functions },
    };
    await launcher.syncDomain(request, { timeoutMs: SYNC_TIMEOUT_MS, signal });
    memories.update(key, { outcome: { type: 'synced', wish: text } });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const reason = (error instanceof RpcError && error.details.reason) || 'HotplugFailed';
    if (error instanceof LauncherTooOld || (error instanceof RpcError && REFUSALS.includes(error.code))) {
      memories.update(key, { outcome: { type: 'refused', wish: text, reason, message } });
      return;
    }
    const earlier = memories.get(key).outcome;
    const attempts = earlier?.type === 'failed' && earlier.wish === text ? earlier.attempts + 1 : 1;
    memories.update(key, { outcome: { type: 'failed', wish: text, reason, message, attempts, at: clock.now() } });
  }
}
