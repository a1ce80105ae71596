import type { EventRecorder, RecordedEvent } from '@quickvirt/kube';
import { RpcError, type HandlerHandlers, type LauncherClient, type VmiReference } from '@quickvirt/rpc';
import { launcherOf, type LauncherDirectory } from './launchers/launcher-of.ts';
import { guestPaused, guestUnpaused } from './vmi/events.ts';

/** A launcher asks libvirt, which asks QEMU: either may be busy. */
const ACTION_TIMEOUT_MS = 10_000;

export interface GuestActionPorts extends LauncherDirectory {
  recorder: EventRecorder;
}

/** Serves what virt-api asks of a guest that runs; how the guest is then comes by the launcher's stream. */
export function guestActionHandlers(ports: GuestActionPorts): Pick<HandlerHandlers, 'pause' | 'unpause'> {
  const act = async (
    reference: VmiReference | null,
    event: RecordedEvent,
    run: (launcher: LauncherClient) => unknown,
  ) => {
    const { namespace, name, uid } = named(reference);
    await run(launcherOf({ namespace, name, uid }, ports));
    const vmi = ports.vmis.get(`${namespace}/${name}`);
    if (vmi) ports.recorder.event(vmi, event);
    return {};
  };
  const timeoutMs = ACTION_TIMEOUT_MS;
  return {
    pause: ({ vmi }, { signal }) =>
      act(vmi, guestPaused, (launcher) => launcher.pauseDomain({}, { timeoutMs, signal })),
    unpause: ({ vmi }, { signal }) =>
      act(vmi, guestUnpaused, (launcher) => launcher.unpauseDomain({}, { timeoutMs, signal })),
  };
}

function named(vmi: VmiReference | null): VmiReference {
  if (!vmi) throw new RpcError('INVALID_ARGUMENT', 'the request must name the instance (vmi)');
  return vmi;
}
