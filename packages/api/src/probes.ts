import type { ExecAction, HTTPGetAction, TCPSocketAction } from './core/probe-actions.ts';
import type { EmptyObject, Int32 } from './scalars.ts';

/** A check of the guest that is repeated. One of the handlers is set. */
export interface Probe {
  /** Runs a command in the guest, through the guest agent. */
  exec?: ExecAction;
  /** Failures in a row that count as failed. Default: 3. */
  failureThreshold?: Int32;
  /** Asks the guest agent whether it is there. */
  guestAgentPing?: EmptyObject;
  /** Makes an HTTP request to the guest. */
  httpGet?: HTTPGetAction;
  /** Seconds after the start before the first check. Default: 0. */
  initialDelaySeconds?: Int32;
  /** Seconds between two checks. Default: 10. */
  periodSeconds?: Int32;
  /** Successes in a row that count as passed again; 1 for liveness. Default: 1. */
  successThreshold?: Int32;
  /** Opens a TCP connection to the guest. */
  tcpSocket?: TCPSocketAction;
  /** Seconds that a check may take. Default: 1. */
  timeoutSeconds?: Int32;
}
