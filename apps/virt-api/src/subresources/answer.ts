import type { Resource } from '@quickvirt/api';
import type { JsonPatchOperation } from '@quickvirt/kube';
import type { FailureStatus } from '../status.ts';

/** A JSON patch on one object. It holds only for the object as the decision saw it. */
export interface PatchWrite {
  verb: 'PATCH';
  resource: Resource;
  namespace: string;
  name: string;
  subresource?: 'status';
  patch: JsonPatchOperation[];
  dryRun: boolean;
}

/** Makes one object. */
interface CreateWrite {
  verb: 'POST';
  resource: Resource;
  namespace: string;
  object: { apiVersion: string; kind: string; metadata: { generateName: string; namespace: string }; spec: object };
  dryRun: boolean;
}

export type Write = PatchWrite | CreateWrite;

/** Names a VMI on its node. */
export interface NodeTarget {
  nodeName: string;
  namespace: string;
  name: string;
  uid: string;
}

/** A request for the virt-handler of the node that runs the VMI. */
export interface NodeCall {
  target: NodeTarget;
  method: 'GET' | 'PUT';
  /** Name of the action, for example `pause`; the subresource of the same name. */
  action: string;
}

/** What a decision comes to. */
export type Answer =
  /** Nothing is done. */
  | { type: 'failure'; status: FailureStatus }
  /** Nothing is done; an older convention of the API: plain text in place of a Status. */
  | { type: 'text'; code: number; text: string }
  /** Write, one after the other, then answer `code` with an empty body. */
  | { type: 'writes'; code: 200 | 202; writes: Write[] }
  | { type: 'object'; code: 200; object: unknown }
  /** Ask the node, then answer 200 with what it gave. */
  | { type: 'node'; call: NodeCall }
  /** Join the client's WebSocket to a stream of the node. */
  | { type: 'node-stream'; target: NodeTarget; stream: string }
  /** Join the client's WebSocket to an address of the guest. */
  | { type: 'dial'; address: string; port: number; protocol: 'tcp' | 'udp' };

export const refuse = (status: FailureStatus): Answer => ({ type: 'failure', status });
