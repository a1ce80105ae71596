import type { KubeVirt } from '@quickvirt/api';
import { answerRestCase, type RestCase } from '../../apps/virt-api/src/reference-rest.ts';
import type { ReferenceCase, ReferenceOutput } from './case.ts';

/** One call of the subresource API, in the state of the cluster that the case describes. */
export function answerRest(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  return { json: { config: input.config, ...answerRestCase(input as unknown as RestCase, kubevirt) } };
}
