/** Instance types and preferences, written into the guests that refer to them. */
export { applyInstancetype, type Applied } from './apply-instancetype.ts';
export { applyPreference } from './apply-preference.ts';
export type { Conflict } from './conflict.ts';
export { expandVm, type Expanded, type Referenced } from './expand.ts';
