import type { KubeVirt, VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { pathOf, type KubeObject } from '@quickvirt/kube';
import type { Answer, Write } from './subresources/answer.ts';
import { familyOf } from './subresources/families.ts';
import { callProblem, type SubresourceCall, type SubresourceState } from './subresources/family.ts';
import { parseSubresourcePath, SUBRESOURCES_GROUP } from './subresources/subresource-request.ts';

/** A case file of the area `rest`: one call in one state of the cluster. */
export interface RestCase {
  name: string;
  call: { method: string; path: string; body?: Record<string, unknown> };
  world: KubeObject[];
}

/** What we make of a case, in the layout of the reference's answers. */
export interface RestOutcome {
  code: number | 'stream';
  reason?: string;
  /** Message of a Status, or text; the reference has none. */
  message?: string;
  writes: { verb: string; path: string; body: unknown; query?: string }[];
  handler: string[];
}

const NAMESPACE = 'default';

/** Answers a case with the decisions that serve real requests. */
export function answerRestCase({ call, world }: RestCase, kubevirt: KubeVirt | undefined): RestOutcome {
  const [pathname = '', query] = call.path.split('?');
  const path = parseSubresourcePath(`/apis/${SUBRESOURCES_GROUP}/v1/namespaces/${NAMESPACE}/${pathname}`);
  const family = path && familyOf(path);
  if (!path || !family) return { code: 404, reason: 'NotFound', writes: [], handler: [] };
  const request: SubresourceCall = { path, options: call.body ?? {}, query: new URLSearchParams(query) };
  const problem = callProblem(family, request);
  const answer: Answer = problem
    ? { type: 'failure', status: problem }
    : family.decide(request, stateOf(world, path.name, kubevirt));
  return outcomeOf(answer, call.path);
}

function stateOf(world: readonly KubeObject[], name: string, kubevirt: KubeVirt | undefined): SubresourceState {
  const find = (kind: string): KubeObject | undefined =>
    world.find((object) => object.kind === kind && object.metadata.name === name);
  const vm = find('VirtualMachine') as VirtualMachine | undefined;
  const vmi = find('VirtualMachineInstance') as VirtualMachineInstance | undefined;
  return { config: clusterConfigFrom(kubevirt), ...(vm && { vm }), ...(vmi && { vmi }) };
}

function outcomeOf(answer: Answer, path: string): RestOutcome {
  switch (answer.type) {
    case 'failure':
      return {
        code: answer.status.code,
        reason: answer.status.reason,
        message: answer.status.message,
        writes: [],
        handler: [],
      };
    case 'text':
      return { code: answer.code, message: answer.text, writes: [], handler: [] };
    case 'writes':
      return { code: answer.code, writes: answer.writes.map(written), handler: [] };
    case 'object':
      return { code: answer.code, writes: [], handler: [] };
    case 'node':
      return { code: 200, writes: [], handler: [`${answer.call.method} /v1/namespaces/${NAMESPACE}/${path}`] };
    case 'node-stream':
      return {
        code: 'stream',
        writes: [],
        handler: [`GET /v1/namespaces/${NAMESPACE}/${withoutAction(path)}/${answer.stream}`],
      };
    case 'dial':
      return { code: 'stream', writes: [], handler: [] };
  }
}

const withoutAction = (path: string): string => path.split('/').slice(0, 2).join('/');

function written(write: Write): RestOutcome['writes'][number] {
  const { verb, resource, namespace, dryRun } = write;
  const query = dryRun ? { query: 'dryRun=All' } : {};
  if (write.verb === 'POST') return { verb, path: pathOf(resource, { namespace }), body: write.object, ...query };
  const { name, subresource, patch } = write;
  return { verb, path: pathOf(resource, { namespace, name, subresource }), body: patch, ...query };
}
