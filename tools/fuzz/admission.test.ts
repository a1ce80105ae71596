import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { admissionProperties } from './admission.ts';

/** A glance in every unit run; `npm run fuzz` and the integration level look longer. */
const runsEach = 10;

describe('of every kind', () => {
  test.each(admissionProperties().map(({ name, property }) => [name, property] as const))('%s', (_name, property) => {
    fc.assert(property, { numRuns: runsEach, seed: 1 });
  });

  test('there are objects that break rules, and objects that break none', async () => {
    const { admissionHooks, isAllowed } = await import('@quickvirt/admission');
    const { clusterConfigFrom } = await import('@quickvirt/config');
    const { arbitraryObject } = await import('@quickvirt/testing');
    const hook = admissionHooks.find(({ path }) => path === '/migration-policy-validate-create');
    const objects = fc.sample(arbitraryObject('MigrationPolicy', 'migrations.kubevirt.io/v1alpha1'), {
      numRuns: 100,
      seed: 1,
    });
    const verdicts = objects.map((object) => {
      const user = { username: 'jane', groups: [] };
      const config = clusterConfigFrom(undefined);
      const request = { operation: 'CREATE' as const, object, user, config, installNamespace: 'quickvirt' };
      return hook?.type === 'validate' && isAllowed(hook.validate(request));
    });
    expect(new Set(verdicts)).toEqual(new Set([true, false]));
  });
});
