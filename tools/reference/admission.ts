import { admissionHooks, type AdmissionOperation, type AdmissionRequest, type Cause } from '@quickvirt/admission';
import { clusterConfigFrom } from '@quickvirt/config';
import { resources, type KubeVirt } from '@quickvirt/api';

/** A case file of the areas validation, update and defaults. */
export interface AdmissionCase {
  name: string;
  operation: AdmissionOperation;
  user?: string;
  resource?: string;
  subresource?: string;
  object: { kind: string; metadata: { name: string; namespace?: string; uid?: string; generation?: number } };
  old?: unknown;
  world?: unknown[];
}

/** What the API server and our webhooks make of a case. */
export interface AdmissionOutcome {
  accepted: boolean;
  webhook?: { allowed: boolean; causes: Cause[]; warnings: number };
  object?: unknown;
}

/** Runs the hooks of the case's kind, mutating first, as the API server does. */
export function runAdmissionCase(input: AdmissionCase, kubevirt: KubeVirt | undefined): AdmissionOutcome {
  const config = clusterConfigFrom(kubevirt);
  const resource = input.resource ?? Object.values(resources).find(({ kind }) => kind === input.object.kind)?.plural ?? '';
  const hooks = admissionHooks.filter((hook) => hook.resource === resource && hook.operations.includes(input.operation));
  const request: AdmissionRequest<unknown> = {
    operation: input.operation,
    object: input.object,
    old: input.old,
    user: { username: input.user ?? 'kubernetes-admin', groups: [] },
    config,
    installNamespace: 'kubevirt',
  };
  const fresh = { uuid: '5d307ca9-b3ef-428c-8861-06e72d69f223', serial: 'e4686d2c-6e8d-4335-b8fd-81bee22f4815' };
  let object: unknown = input.object;
  for (const hook of hooks) if (hook.type === 'mutate') object = hook.mutate({ ...request, object }, fresh);
  const verdicts = hooks.flatMap((hook) => (hook.type === 'validate' ? [hook.validate({ ...request, object })] : []));
  const causes = verdicts.flatMap((verdict) => verdict.causes);
  const warnings = verdicts.reduce((sum, verdict) => sum + verdict.warnings.length, 0);
  return { accepted: causes.length === 0, webhook: { allowed: causes.length === 0, causes, warnings }, object };
}
