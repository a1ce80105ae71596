/**
 * Defaults and rules of the API. Pure: time, random ids and facts come in as arguments. virt-api serves `admissionHooks`;
 * virt-controller calls `defaultVmi` and `validateVmiCreate` for the VMIs it makes itself, which no webhook sees.
 */
export type { Cause, CauseType } from './cause.ts';
export { unavailableFeatures, unavailableVmFeatures } from './availability.ts';
export { isDeepEqual } from './deep-equal.ts';
export { factRights, type FactRight } from './fact-rights.ts';
export {
  factsOfObjects,
  judgeWithFacts,
  noFacts,
  type ClusterFacts,
  type FactQuestion,
  type FactReader,
  type FactRef,
} from './facts.ts';
export { schemaReport, type SchemaError, type SchemaReport } from './schema.ts';
export {
  isAllowed,
  isQuickVirtComponent,
  type AdmissionOperation,
  type AdmissionRequest,
  type AdmissionUser,
  type FreshIdentity,
  type Refusal,
  type Verdict,
} from './request.ts';
export { defaultVm, type DefaultVmContext } from './defaults/vm.ts';
export { defaultVmi, type DefaultVmiContext } from './defaults/vmi.ts';
export { validateVm } from './rules/vm.ts';
export { validateVmiCreate, validateVmiUpdate } from './rules/vmi.ts';
export { newInstance, uuidV5, type NewInstance, type NewInstanceFacts } from './new-instance.ts';
export type { AdmissionHook, MutatingHook, ValidatingHook } from './hook.ts';
export { admissionHooks } from './registry.ts';
