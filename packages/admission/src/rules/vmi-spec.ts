import { diskRules } from './disks.ts';
import { hostnameRules } from './hostname.ts';
import { memoryRules } from './memory.ts';
import { networkRules } from './networks.ts';
import type { SpecRule } from './rule.ts';
import { volumeRules } from './volumes.ts';

/** Every rule about a VMI's spec, in the order in which a client reads the causes. */
const SPEC_RULES: readonly SpecRule[] = [hostnameRules, memoryRules, diskRules, volumeRules, networkRules];

/** All that is wrong with the spec. */
export const vmiSpecRules: SpecRule = (spec, path, context) => SPEC_RULES.flatMap((rule) => rule(spec, path, context));
