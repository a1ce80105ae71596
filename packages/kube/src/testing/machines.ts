import { resourceType, type KubeObject } from '../resource-type.ts';
import type { KindRules } from './memory-api/kind-rules.ts';

/** A kind of ours alone, with everything that our CRDs use: status subresource, keyed lists, a selectable field. */
export interface Machine extends KubeObject {
  spec?: { size?: number };
  status?: { phase?: string; nodeName?: string; conditions?: { type: string; status: string; reason?: string }[] };
}

export const machines = resourceType<Machine>({
  group: 'contract.test',
  version: 'v1',
  plural: 'machines',
  kind: 'Machine',
  namespaced: true,
});

/** How the API server in memory treats them. */
export const MACHINE_RULES: Readonly<Record<string, KindRules>> = {
  Machine: { statusSubresource: true, listKeys: { 'status.conditions': 'type' } },
};

const text = { type: 'string' } as const;

/** How a real API server learns of them. */
export const machineDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'machines.contract.test' },
  spec: {
    group: 'contract.test',
    scope: 'Namespaced',
    names: { plural: 'machines', singular: 'machine', kind: 'Machine', listKind: 'MachineList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        selectableFields: [{ jsonPath: '.status.nodeName' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: {
                type: 'object',
                properties: {
                  phase: text,
                  nodeName: text,
                  conditions: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['type'],
                    items: {
                      type: 'object',
                      required: ['type', 'status'],
                      properties: { type: text, status: text, reason: text },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
};
