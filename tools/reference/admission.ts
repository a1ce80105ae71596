import { createHash } from 'node:crypto';
import {
  admissionHooks,
  factsOfObjects,
  isAllowed,
  schemaReport,
  type AdmissionHook,
  type AdmissionOperation,
  type AdmissionRequest,
  type AdmissionUser,
  type SchemaError,
} from '@quickvirt/admission';
import { jsonSchemas, type KubeVirt, resources } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ReferenceArea, ReferenceCase, ReferenceOutput } from './case.ts';

/** A case of the areas validation, update and defaults. */
interface AdmissionCase extends ReferenceCase<CaseObject> {
  operation: AdmissionOperation;
  user?: string;
  userExtra?: Record<string, string[]>;
  resource?: string;
  subresource?: string;
}

interface CaseObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid?: string; generation?: number; deletionTimestamp?: string };
}

const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true }).addSchema(jsonSchemas);

/** RFC 9562, appendix C: name space of names that are DNS names. The cases' API server derives uids with it. */
const dnsNamespace = '6ba7b8109dad11d180b400c04fd430c8';
const fresh = { uuid: '5d307ca9-b3ef-428c-8861-06e72d69f223', serial: 'e4686d2c-6e8d-4335-b8fd-81bee22f4815' };

/** What becomes of an object that a client sends: schema, defaults, rules, as the API server asks for them in turn. */
function admit(input: AdmissionCase, kubevirt: KubeVirt | undefined) {
  const kind = resources.find((resource) => resource.kind === input.object.kind);
  const resource = input.resource ?? kind?.plural ?? '';
  const received = kind ? withServerMetadata(input, kind.namespaced) : input.object;
  const unknown = schemaReport(schemaErrors(received)).unknownFields;
  for (const { path } of unknown) prune(received, path);
  const request = requestOf(input, received, kubevirt);
  const hooks = admissionHooks.filter((hook) => serves(hook, resource, input));
  const object = hooks.reduce<unknown>(
    (current, hook) => (hook.type === 'mutate' ? hook.mutate({ ...request, object: current }, fresh) : current),
    received,
  );
  // The API server asks the mutating webhooks first, then its schema, then the validating ones.
  const errors = schemaReport(schemaErrors(object as CaseObject)).causes.map(({ type, field }) => ({ type, field }));
  const crd = { errors, ...(unknown.length > 0 && { pruned: unknown.map(({ field }) => field) }) };
  if (errors.length > 0) return { accepted: false, webhook: null, causes: errors, crd, object };
  const verdicts = hooks.flatMap((hook) => (hook.type === 'validate' ? [hook.validate({ ...request, object })] : []));
  const allowed = verdicts.every(isAllowed);
  const causes = verdicts.flatMap((verdict) => verdict.causes.map(({ type, field }) => ({ type, field })));
  const warnings = verdicts.flatMap((verdict) => verdict.warnings).length;
  return { accepted: allowed, webhook: { allowed, causes, warnings }, crd, object };
}

function serves(hook: AdmissionHook, resource: string, { operation, subresource }: AdmissionCase): boolean {
  return hook.resource === resource && hook.subresource === subresource && hook.operations.includes(operation);
}

function schemaErrors(object: CaseObject): SchemaError[] {
  const validate = ajv.getSchema(`quickvirt-api#/$defs/${object.kind}`);
  if (!validate || validate(object)) return [];
  return validate.errors ?? [];
}

/** At CREATE the API server names a namespace, a uid and a generation; the cases' README says which. */
function withServerMetadata({ object, operation }: AdmissionCase, namespaced: boolean): CaseObject {
  const copy = structuredClone(object);
  if (namespaced) copy.metadata.namespace ??= 'default';
  if (operation !== 'CREATE') return copy;
  copy.metadata.uid ??= uuidOfName(`${object.kind}/${copy.metadata.namespace ?? 'default'}/${object.metadata.name}`);
  copy.metadata.generation ??= 1;
  return copy;
}

function prune(object: unknown, path: readonly string[]): void {
  const holder = path.slice(0, -1).reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], object);
  delete (holder as Record<string, unknown>)[path.at(-1) ?? ''];
}

function requestOf(input: AdmissionCase, object: unknown, kubevirt: KubeVirt | undefined): AdmissionRequest<unknown> {
  const plural = (kind: string): string | undefined =>
    resources.find((resource) => resource.kind === kind)?.plural ?? `${kind.toLowerCase()}s`;
  return {
    operation: input.operation,
    object,
    ...(input.old && { old: input.old }),
    user: userOf(input),
    config: clusterConfigFrom(kubevirt),
    installNamespace: 'kubevirt',
    facts: factsOfObjects(input.world ?? [], plural, true),
  };
}

/** The cases name KubeVirt's service accounts; ours have names of their own. */
function userOf({ user = 'kubernetes-admin', userExtra }: AdmissionCase): AdmissionUser {
  const username = user
    .replace(':kubevirt-apiserver', ':virt-api')
    .replace(/:kubevirt-(controller|handler)$/, ':virt-$1');
  return { username, groups: [], ...(userExtra && { extra: userExtra }) };
}

/** A name-based UUID, version 5 (RFC 9562, section 5.5). */
function uuidOfName(name: string): string {
  const hash = createHash('sha1').update(Buffer.from(dnsNamespace, 'hex')).update(name).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Areas validation and update: the verdict. */
export const judgeCase: ReferenceArea = (input, kubevirt): ReferenceOutput => {
  const { object: _, ...json } = admit(input as AdmissionCase, kubevirt);
  return { json };
};

/** Area defaults: the object as it would be stored. */
export const defaultCase: ReferenceArea = (input, kubevirt): ReferenceOutput => {
  const { object } = admit(input as AdmissionCase, kubevirt);
  return { json: { object } };
};
