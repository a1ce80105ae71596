import { jsonSchemas, resources } from '@quickvirt/api';
import { expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { arbitraryObject } from './arbitrary-object.ts';

const ajv = new Ajv2020({ strict: false }).addSchema(jsonSchemas);

test.each(resources.map(({ kind, group, version }) => ({ kind, apiVersion: `${group}/${version}` })))(
  'the schema accepts arbitrary objects of $kind',
  ({ kind, apiVersion }) => {
    const accepts = ajv.getSchema(`quickvirt-api#/$defs/${kind}`);
    fc.assert(
      fc.property(arbitraryObject(kind, apiVersion), (object) => {
        void accepts?.(object);
        expect(accepts?.errors ?? []).toEqual([]);
      }),
      { numRuns: 50 },
    );
  },
);
