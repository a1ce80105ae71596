import { virtualMachineInstances, virtualMachines } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  ApiError,
  isConflict,
  isNotFound,
  TransportError,
  type KubeClient,
  type KubeObject,
  type ObjectName,
  type ResourceType,
} from '@quickvirt/kube';
import { failure, notImplemented, RequestRefused, unavailable } from '../status.ts';
import { refuse, type Answer, type NodeCall, type Write } from './answer.ts';
import { callProblem, type SubresourceCall, type SubresourceFamily, type SubresourceState } from './family.ts';

export interface SubresourceServiceOptions {
  client: KubeClient;
  config: () => ClusterConfig;
  /** Asks a node to act on a guest. @throws RequestRefused when it cannot. */
  callNode: (call: NodeCall) => Promise<void>;
}

/** What is left to do for the HTTP layer once the writes are done. */
export type Outcome = Exclude<Answer, { type: 'writes' } | { type: 'node' }> | { type: 'done'; code: 200 | 202 };

/** Two writers rarely meet more often on one object than this. */
const MAX_ATTEMPTS = 5;

/** Decides calls on the state of the cluster and runs what was decided. The only place of virt-api that writes. */
export class SubresourceService {
  readonly #options: SubresourceServiceOptions;

  constructor(options: SubresourceServiceOptions) {
    this.#options = options;
  }

  /**
   * Answers a call. When an object changed between reading and writing, the call is decided anew on what is there now.
   * @throws RequestRefused with the API server's own Status when it refuses a read or a write.
   */
  async answer(family: SubresourceFamily, call: SubresourceCall): Promise<Outcome> {
    const problem = callProblem(family, call);
    if (problem) return refuse(problem) as Outcome;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(family, call);
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw refusalFor(error);
      }
    }
  }

  async #attempt(family: SubresourceFamily, call: SubresourceCall): Promise<Outcome> {
    const answer = family.decide(call, await this.#read(family, call));
    const isGoingOn = answer.type !== 'failure' && answer.type !== 'text';
    if (family.pending && isGoingOn) throw new RequestRefused(notImplemented(family.pending));
    switch (answer.type) {
      case 'writes':
        for (const write of answer.writes) await this.#write(write);
        return { type: 'done', code: answer.code };
      case 'node':
        await this.#options.callNode(answer.call);
        return { type: 'done', code: 200 };
      default:
        return answer;
    }
  }

  async #read({ resource, readsVm }: SubresourceFamily, { path }: SubresourceCall): Promise<SubresourceState> {
    const config = this.#options.config();
    if (path.name === '') return { config };
    const ref = { namespace: path.namespace, name: path.name };
    const [vm, vmi] = await Promise.all([
      resource === virtualMachines.plural || readsVm ? this.#find(virtualMachines, ref) : undefined,
      this.#find(virtualMachineInstances, ref),
    ]);
    return { config, ...(vm && { vm }), ...(vmi && { vmi }) };
  }

  async #find<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName): Promise<T | undefined> {
    try {
      return await this.#options.client.get(type, ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #write(write: Write): Promise<void> {
    const { client } = this.#options;
    const { resource, namespace, dryRun } = write;
    if (write.verb === 'POST') {
      await client.create(resource, write.object, { dryRun });
      return;
    }
    const { name, patch, subresource } = write;
    await client.patch(resource, { namespace, name }, patch, { kind: 'json', subresource, dryRun });
  }
}

/** How a failed call to the API server is told to our own caller: with the same code and reason. */
function refusalFor(error: unknown): unknown {
  if (error instanceof TransportError) {
    return new RequestRefused(unavailable('the API server does not answer virt-api, try again'), { cause: error });
  }
  if (!(error instanceof ApiError)) return error;
  const { status: code, reason, message, details } = error;
  const withCauses = details && {
    ...details,
    causes: details.causes?.map((cause) => ({ message: '', ...cause })),
  };
  return new RequestRefused(failure(code, reason, message, withCauses), { cause: error });
}
