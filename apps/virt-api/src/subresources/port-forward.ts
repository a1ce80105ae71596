import { isIP } from 'node:net';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { badRequest } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { conflictOnVmi, isPaused } from './vmi-conditions.ts';

/**
 * A port of the guest. The address is the one that the pod was given, as QuickVirt wrote it into the status.
 * @param rest what follows `portforward` in the path: the port, and the protocol where it is not TCP.
 */
export function decidePortForward(vmi: VirtualMachineInstance, rest: readonly string[]): Answer {
  const [portText = '', protocol = 'tcp', ...more] = rest;
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65535) return refuse(badRequest(`"${portText}" is no port: it must be 1 to 65535`));
  if ((protocol !== 'tcp' && protocol !== 'udp') || more.length > 0) {
    return refuse(badRequest(`"${[protocol, ...more].join('/')}" is no protocol: it must be tcp or udp`));
  }
  if (isPaused(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is paused'));
  const address = vmi.status?.interfaces?.[0]?.ipAddress ?? '';
  if (isIP(address) === 0) return refuse(badRequest('no network interfaces are present'));
  return { type: 'dial', address, port, protocol };
}
