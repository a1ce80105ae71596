import type { Probe } from '@quickvirt/api';
import type { V1Probe } from '@kubernetes/client-node';
import type { Context } from './context.ts';

/** Seconds between the container's start and the guest's first chance to answer: the launcher, libvirtd and QEMU start. */
const startSeconds = 10;
/** An exec probe needs this much longer than the command in the guest, to report that one's time-out itself. */
const execMarginSeconds = 1;

/** A probe of the VMI as one of the launcher's container. */
export function containerProbe(context: Context, probe: Probe | undefined): V1Probe | undefined {
  if (probe === undefined) return undefined;
  const { guestAgentPing, exec, httpGet, tcpSocket, ...timing } = probe;
  const initialDelaySeconds = (timing.initialDelaySeconds ?? 0) + startSeconds;
  if (exec === undefined && guestAgentPing === undefined) {
    return { ...timing, initialDelaySeconds, httpGet, tcpSocket } as V1Probe;
  }
  const timeout = timing.timeoutSeconds ?? 1;
  return {
    ...timing,
    initialDelaySeconds,
    timeoutSeconds: timeout + execMarginSeconds,
    exec: { command: guestCommand(context, exec?.command, timeout) },
  };
}

/** Runs a command in the guest through its agent, or asks whether the agent answers. */
function guestCommand({ namespace, name }: Context, command: string[] | undefined, timeoutSeconds: number): string[] {
  const common = ['virt-probe', '--domainName', `${namespace}_${name}`, '--timeoutSeconds', String(timeoutSeconds)];
  const [program = '', ...args] = command ?? [];
  return command === undefined ? [...common, '--guestAgentPing'] : [...common, '--command', program, '--', ...args];
}
