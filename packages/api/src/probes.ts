import type { ExecAction, HTTPGetAction, TCPSocketAction } from './core/probe-actions.ts';
import type { EmptyObject, Int32 } from './scalars.ts';

export interface Probe {
  exec?: ExecAction;
  failureThreshold?: Int32;
  guestAgentPing?: EmptyObject;
  httpGet?: HTTPGetAction;
  initialDelaySeconds?: Int32;
  periodSeconds?: Int32;
  successThreshold?: Int32;
  tcpSocket?: TCPSocketAction;
  timeoutSeconds?: Int32;
}
