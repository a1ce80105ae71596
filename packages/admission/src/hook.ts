import { hasShape } from './shape.ts';
import type { AdmissionOperation, AdmissionRequest, FreshIdentity, Verdict } from './request.ts';

/** What a webhook is asked about. */
export interface HookOf {
  /** Path that the webhook configuration names. */
  path: string;
  /** Empty for the core group. */
  group: string;
  /** Plural of the resource it is asked about; anything else is refused. */
  resource: string;
  /** Undefined for the object itself. */
  subresource?: string;
  operations: readonly AdmissionOperation[];
}

/** Gives back the object as it is to be stored; the same object when nothing changes. */
export interface MutatingHook extends HookOf {
  type: 'mutate';
  mutate(request: AdmissionRequest<unknown>, fresh: FreshIdentity): unknown;
}

export interface ValidatingHook extends HookOf {
  type: 'validate';
  validate(request: AdmissionRequest<unknown>): Verdict;
}

export type AdmissionHook = MutatingHook | ValidatingHook;

/**
 * A row of the table: defaults for objects of type T. The API server has not checked them against its schema yet; what
 * does not meet it stays as it is, and is refused next, with the API server's own words for each field.
 */
export function mutates<T>(
  hook: HookOf,
  mutate: (request: AdmissionRequest<T>, fresh: FreshIdentity) => T,
): MutatingHook {
  return {
    ...hook,
    type: 'mutate',
    mutate: (request, fresh) =>
      hasShape(hook.resource, request.object) ? mutate(request as AdmissionRequest<T>, fresh) : request.object,
  };
}

/** A row of the table: rules for objects of type T, which met their schema. */
export function validates<T>(hook: HookOf, validate: (request: AdmissionRequest<T>) => Verdict): ValidatingHook {
  return { ...hook, type: 'validate', validate: (request) => validate(request as AdmissionRequest<T>) };
}
