import {
  admissionHooks,
  isAllowed,
  schemaReport,
  type AdmissionHook,
  type AdmissionRequest,
  type Cause,
  type ClusterFacts,
} from '@quickvirt/admission';
import { resources, type Resource } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { ManifestObject } from './manifests.ts';
import { nearestWord } from './nearest-word.ts';
import { groupVersionOf, isOfApi, resourceOf, standInIdentity } from './objects.ts';
import { schemaErrors } from './schema-check.ts';

/** What would become of an object that is created. */
export interface ObjectVerdict {
  kind: string;
  name: string;
  namespace: string;
  allowed: boolean;
  causes: Cause[];
  warnings: string[];
}

/** RFC 1123 subdomain: what the API server takes as the name of a custom resource. */
const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME_CHARS = 253;

/**
 * Asks, as the API server does at CREATE, defaults, schema and rules in turn. Unknown fields are refused, as kubectl does.
 * An object of a foreign kind is let through with a warning.
 */
export function verdictOn(object: ManifestObject, config: ClusterConfig, facts: ClusterFacts): ObjectVerdict {
  const { kind, metadata } = object;
  const { name = metadata.generateName ?? '', namespace = '' } = metadata;
  const verdict = judge(object, config, facts);
  return { kind, name, namespace, ...verdict };
}

type Judgement = Pick<ObjectVerdict, 'allowed' | 'causes' | 'warnings'>;

function judge(object: ManifestObject, config: ClusterConfig, facts: ClusterFacts): Judgement {
  if (!isOfApi(object)) {
    const what = `${object.apiVersion} ${object.kind}`;
    return { allowed: true, causes: [], warnings: [`${what} is no kind of this API and was not checked`] };
  }
  const resource = resourceOf(object);
  const before = resource ? metadataCauses(object, resource) : [unknownKind(object)];
  if (!resource) return { allowed: false, causes: before, warnings: [] };
  const judgement = admit(object, resource, config, facts);
  return { ...judgement, allowed: judgement.allowed && before.length === 0, causes: [...before, ...judgement.causes] };
}

function admit(object: ManifestObject, resource: Resource, config: ClusterConfig, facts: ClusterFacts): Judgement {
  const request: AdmissionRequest<unknown> = {
    operation: 'CREATE',
    object,
    user: { username: 'virtctl', groups: [] },
    config,
    installNamespace: config.namespace,
    facts,
  };
  const hooks = admissionHooks.filter((hook) => isAsked(hook, resource));
  const fresh = standInIdentity(object);
  const defaulted = hooks.reduce<unknown>(
    (current, hook) => (hook.type === 'mutate' ? hook.mutate({ ...request, object: current }, fresh) : current),
    object,
  );
  const { causes: ofSchema, unknownFields } = schemaReport(schemaErrors(object.kind, defaulted));
  const unknown = unknownFields.map(({ type, field, message }) => ({ type, field, message }));
  // Rules rely on the types that the schema promises.
  if (ofSchema.length > 0) return { allowed: false, causes: [...unknown, ...ofSchema], warnings: [] };
  const verdicts = hooks.flatMap((hook) =>
    hook.type === 'validate' ? [hook.validate({ ...request, object: defaulted })] : [],
  );
  return {
    allowed: unknown.length === 0 && verdicts.every(isAllowed),
    causes: [...unknown, ...verdicts.flatMap(({ causes }) => causes)],
    warnings: verdicts.flatMap(({ warnings }) => warnings),
  };
}

function isAsked({ group, resource, subresource, operations }: AdmissionHook, asked: Resource): boolean {
  const isSame = group === asked.group && resource === asked.plural;
  return isSame && subresource === undefined && operations.includes('CREATE');
}

function unknownKind({ kind, apiVersion, ...object }: ManifestObject): Cause {
  const { group } = groupVersionOf({ kind, apiVersion, ...object });
  const known = resources.filter((resource) => resource.group === group).map((resource) => resource.kind);
  const message = `${group} has no kind ${JSON.stringify(kind)}; did you mean ${nearestWord(kind, known)}?`;
  return { type: 'FieldValueNotSupported', field: 'kind', message };
}

function metadataCauses(object: ManifestObject, { versions, kind }: Resource): Cause[] {
  const { version } = groupVersionOf(object);
  const { name, generateName } = object.metadata;
  const causes: Cause[] = [];
  if (!versions.some((one) => one.name === version)) {
    const served = versions.map((one) => one.name).join(', ');
    const message = `${kind} has no version ${JSON.stringify(version)}; served: ${served}`;
    causes.push({ type: 'FieldValueNotSupported', field: 'apiVersion', message });
  }
  if (!name && !generateName) {
    causes.push({ type: 'FieldValueRequired', field: 'metadata.name', message: 'an object needs a name' });
  } else if (name && (typeof name !== 'string' || name.length > MAX_NAME_CHARS || !objectName.test(name))) {
    const rule = 'lower case letters, digits, "-" and ".", with a letter or digit at each end of each part';
    const message = `${JSON.stringify(name)} cannot be a name: at most ${MAX_NAME_CHARS} ${rule}`;
    causes.push({ type: 'FieldValueInvalid', field: 'metadata.name', message });
  }
  return causes;
}
