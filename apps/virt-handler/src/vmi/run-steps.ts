import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import {
  systemClock,
  type Clock,
  type EffectRunner,
  type Informer,
  type ApiClient,
  type EventRecorder,
} from '@quickvirt/kube';
import { statusApply } from '@quickvirt/kube';
import { RpcError } from '@quickvirt/rpc';
import type { LauncherConnection } from '../launchers/launcher-connection.ts';
import type { Launchers } from '../launchers/launchers.ts';
import type { VmiEffect } from './effects.ts';
import { guestShutsDown } from './events.ts';
import type { PodEnds } from './pod-ends.ts';

export interface StepPorts {
  client: ApiClient;
  recorder: EventRecorder;
  launchers: Launchers;
  podEnds: PodEnds;
  vmis: Informer<VirtualMachineInstance>;
  /** Makes the pod's devices usable for the launcher where its runtime could not. */
  prepareDevices: (vmi: VirtualMachineInstance, podUid: string) => Promise<void>;
  /** Absent: limits stay as they are. */
  cpuLimits?: CpuLimits;
  clock?: Clock;
}

/** A pod's CPU limit, by the pod's UID. Neither rejects: a guest that starts slowly is better than one that does not. */
export interface CpuLimits {
  lift(podUid: string): Promise<void>;
  restore(podUid: string): Promise<void>;
}

const FIELD_MANAGER = 'virt-handler';
/** libvirtd probing its emulators and QEMU's start on a node under load; the launcher bounds its own steps. */
const SYNC_TIMEOUT_MS = 120_000;
/** Answers of a launcher that the same request would get again. */
const REFUSALS: readonly string[] = ['FAILED_PRECONDITION', 'INVALID_ARGUMENT', 'UNIMPLEMENTED'];

/** Runs the effects of the VMI reconciler: the one place that writes, dials and touches the node. */
export function vmiStepRunner(ports: StepPorts): EffectRunner<VmiEffect> {
  const { client, recorder, launchers, podEnds, vmis } = ports;
  return async (effect, { key, signal, logger }) => {
    switch (effect.type) {
      case 'connect':
        launchers.connect(key, effect.podUid);
        return;
      case 'disconnect':
        launchers.disconnect(key);
        return;
      case 'awaitPodEnd':
        podEnds.await(key, effect.podUid);
        return;
      case 'liftCpuLimit':
        await ports.cpuLimits?.lift(effect.podUid);
        return;
      case 'restoreCpuLimit':
        await ports.cpuLimits?.restore(effect.podUid);
        return;
      case 'syncDomain': {
        const connection = launchers.get(key);
        if (!connection) return;
        logger.info('asking the launcher for the domain', { podUid: connection.podUid });
        await syncDomain(effect, connection, ports, signal);
        return;
      }
      case 'applyStatus': {
        const { name = '', namespace } = effect.vmi.metadata;
        const body = statusApply(virtualMachineInstances, effect.vmi, effect.status);
        // Fields pass between virt-controller and virt-handler; resourceVersion keeps either from writing blindly.
        const options = { kind: 'apply', subresource: 'status', fieldManager: FIELD_MANAGER, force: true } as const;
        vmis.wrote(await client.patch(virtualMachineInstances, { name, namespace }, body, options));
        return;
      }
      case 'tellShutdown': {
        const connection = launchers.get(key);
        if (connection) connection.shutdownTold = true;
        recorder.event(effect.vmi, guestShutsDown);
        return;
      }
      case 'event':
        recorder.event(effect.vmi, effect.event);
    }
  };
}

/** One try; what it came to is kept with the connection, where the next decision finds it. */
async function syncDomain(
  { vmi, config, wish }: VmiEffect & { type: 'syncDomain' },
  connection: LauncherConnection,
  { prepareDevices, cpuLimits, clock = systemClock }: StepPorts,
  signal: AbortSignal,
): Promise<void> {
  const earlier = connection.syncOutcome;
  try {
    const launcher = connection.client;
    if (!launcher) return;
    // A second try, after the first one's end put it back.
    await cpuLimits?.lift(connection.podUid);
    await prepareDevices(vmi, connection.podUid);
    const { managedFields: _unread, ...metadata } = vmi.metadata;
    const vmiJson = Buffer.from(JSON.stringify({ ...vmi, metadata }));
    const configJson = Buffer.from(JSON.stringify(config));
    await launcher.syncDomain({ vmiJson, configJson, facts: {} }, { timeoutMs: SYNC_TIMEOUT_MS, signal });
    connection.recordSync({ type: 'synced', wish });
  } catch (error) {
    if (signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RpcError && REFUSALS.includes(error.code)) {
      connection.recordSync({ type: 'refused', wish, reason: error.details.reason ?? 'SyncRefused', message });
      return;
    }
    const attempts = earlier?.type === 'failed' && earlier.wish === wish ? earlier.attempts + 1 : 1;
    connection.recordSync({ type: 'failed', wish, message, attempts, at: clock.now() });
  } finally {
    // The guest's vCPUs run from here on, or nothing does.
    await cpuLimits?.restore(connection.podUid);
  }
}
