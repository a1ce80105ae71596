import { isDeepStrictEqual } from 'node:util';
import { admissionHooks, type AdmissionRequest } from '@quickvirt/admission';
import { jsonSchemas, type KubeVirt, type Resource, resources } from '@quickvirt/api';
import { clusterConfigFrom, featureGateStages } from '@quickvirt/config';
import { arbitraryObject } from '@quickvirt/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { mutated } from './mutations.ts';
import type { AdmissionProperty } from './admission-property.ts';
import { ratchetProperties } from './ratchet.ts';

const fresh = { uuid: '5d307ca9-b3ef-428c-8861-06e72d69f223', serial: 'e4686d2c-6e8d-4335-b8fd-81bee22f4815' };
const allGates: KubeVirt = {
  metadata: { name: 'kubevirt', namespace: 'quickvirt' },
  spec: { configuration: { developerConfiguration: { featureGates: Object.keys(featureGateStages) } } },
};
/** As installed, and with every feature gate on. */
const configs = [clusterConfigFrom(undefined), clusterConfigFrom(allGates)];

const schemas = new Ajv2020({ strict: false }).addSchema(jsonSchemas);

/** The API server calls mutating webhooks before it checks the schema, and validating ones after. */
function schemaAccepts({ kind }: Resource, object: unknown): boolean {
  return schemas.getSchema(`quickvirt-api#/$defs/${kind}`)?.(object) === true;
}

function hooksOf(resource: Resource) {
  return admissionHooks.filter((hook) => hook.resource === resource.plural && hook.operations.includes('CREATE'));
}

function requestOf(object: unknown, config: number): AdmissionRequest<unknown> {
  return {
    operation: 'CREATE',
    object,
    user: { username: 'jane', groups: ['system:authenticated'] },
    config: configs[config] ?? clusterConfigFrom(undefined),
    installNamespace: 'quickvirt',
  };
}

function defaulted(resource: Resource, object: unknown, config: number): unknown {
  return hooksOf(resource).reduce(
    (current, hook) => (hook.type === 'mutate' ? hook.mutate(requestOf(current, config), fresh) : current),
    object,
  );
}

function isAdmitted(resource: Resource, object: unknown, config: number): boolean {
  return hooksOf(resource).every(
    (hook) => hook.type === 'mutate' || hook.validate(requestOf(object, config)).causes.length === 0,
  );
}

/** The properties of every kind that has webhooks. */
export function admissionProperties(): AdmissionProperty[] {
  const config = fc.nat({ max: configs.length - 1 });
  return resources
    .filter((resource) => hooksOf(resource).length > 0)
    .flatMap((resource) => {
      const objects = arbitraryObject(resource.kind, `${resource.group}/${resource.version}`);
      return [
        {
          name: `${resource.kind}: defaults change nothing the second time`,
          property: fc.property(objects, config, (object, at) => {
            const once = defaulted(resource, object, at);
            return isDeepStrictEqual(
              JSON.stringify(defaulted(resource, structuredClone(once), at)),
              JSON.stringify(once),
            );
          }),
        },
        {
          name: `${resource.kind}: what was admitted with its defaults is admitted again`,
          property: fc.property(objects, config, (object, at) => {
            const stored = defaulted(resource, object, at);
            return !isAdmitted(resource, stored, at) || isAdmitted(resource, defaulted(resource, stored, at), at);
          }),
        },
        {
          name: `${resource.kind}: the object of the request is left as it was`,
          property: fc.property(objects, config, (object, at) => {
            const before = JSON.stringify(object);
            isAdmitted(resource, defaulted(resource, object, at), at);
            return JSON.stringify(object) === before;
          }),
        },
        {
          name: `${resource.kind}: mutated objects get defaults and a verdict, never an exception`,
          property: fc.property(mutated(objects), config, (object, at) => {
            const stored = defaulted(resource, object, at);
            if (schemaAccepts(resource, stored)) {
              isAdmitted(resource, stored, at);
            }
            return !('polluted' in {});
          }),
        },
        ...ratchetProperties(resource, objects, configs),
      ];
    });
}
