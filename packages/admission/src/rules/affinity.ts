import type {
  LabelSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  TopologySpreadConstraint,
  VirtualMachineInstanceSpec,
} from '@quickvirt/api';
import { invalid, oneOf, quoted, required, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

const nodeOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'];
const labelOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const unsatisfiable = ['DoNotSchedule', 'ScheduleAnyway'];
const required_ = 'requiredDuringSchedulingIgnoredDuringExecution';
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
/** Kubernetes API, PreferredSchedulingTerm.weight. */
const weights = { min: 1, max: 100 };
/** A label key: an optional DNS prefix and a name of 63 characters. Source: Kubernetes, labels and selectors. */
const labelKeyPattern = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/**
 * Affinity as the API server checks it on the pod: a mistake shows when the VM is made, not when its pod is. Paths start
 * at the affinity's own fields, as KubeVirt reports them (`spec.podAffinity`, without `affinity`).
 */
export const affinityRules: SpecRule = ({ affinity }, path) => {
  if (!affinity) return [];
  const causes: Cause[] = [];
  const { nodeAffinity } = affinity;
  if (nodeAffinity) {
    const field = `${path}.nodeAffinity`;
    const terms = nodeAffinity[required_]?.nodeSelectorTerms;
    if (nodeAffinity[required_] && !terms?.length)
      causes.push(
        required(`${field}.${required_}.nodeSelectorTerms`, 'a required node affinity needs at least one term'),
      );
    (terms ?? []).forEach((term, index) =>
      causes.push(...nodeTerm(term, `${field}.${required_}.nodeSelectorTerms[${index}]`)),
    );
    (nodeAffinity[preferred] ?? []).forEach(({ weight, preference }, index) => {
      const at = `${field}.${preferred}[${index}]`;
      causes.push(...weightRule(weight, at), ...nodeTerm(preference, `${at}.preference`));
    });
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const field = `${path}.${kind}`;
    (affinity[kind]?.[required_] ?? []).forEach((term, index) =>
      causes.push(...podTerm(term, `${field}.${required_}[${index}]`)),
    );
    (affinity[kind]?.[preferred] ?? []).forEach(({ weight, podAffinityTerm }, index) => {
      const at = `${field}.${preferred}[${index}]`;
      causes.push(...weightRule(weight, at), ...podTerm(podAffinityTerm, `${at}.podAffinityTerm`));
    });
  }
  return causes;
};

function weightRule(weight: number, field: string): Cause[] {
  return weight >= weights.min && weight <= weights.max
    ? []
    : [invalid(`${field}.weight`, `a weight is ${weights.min} to ${weights.max}, not ${weight}`)];
}

function nodeTerm(term: NodeSelectorTerm | undefined, field: string): Cause[] {
  return [
    ...(term?.matchExpressions ?? []).flatMap((requirement, index) =>
      nodeRequirement(requirement, `${field}.matchExpressions[${index}]`),
    ),
    ...(term?.matchFields ?? []).flatMap((requirement, index) =>
      nodeRequirement(requirement, `${field}.matchFields[${index}]`),
    ),
  ];
}

function nodeRequirement({ key, operator, values = [] }: NodeSelectorRequirement, field: string): Cause[] {
  const causes: Cause[] = [];
  if (!labelKeyPattern.test(key)) causes.push(invalid(`${field}.key`, `${quoted(key)} is no label key`));
  if (!nodeOperators.includes(operator))
    return [...causes, invalid(`${field}.operator`, `operator ${oneOf(operator, nodeOperators)}`)];
  return [...causes, ...valueCount(operator, values.length, field)];
}

function valueCount(operator: string, count: number, field: string): Cause[] {
  if ((operator === 'In' || operator === 'NotIn') && count === 0)
    return [required(`${field}.values`, `operator ${operator} needs values`)];
  if ((operator === 'Exists' || operator === 'DoesNotExist') && count > 0)
    return [invalid(`${field}.values`, `operator ${operator} takes no values`)];
  if ((operator === 'Gt' || operator === 'Lt') && count !== 1)
    return [required(`${field}.values`, `operator ${operator} needs one value`)];
  return [];
}

function podTerm(term: PodAffinityTerm, field: string): Cause[] {
  const causes: Cause[] = [];
  if (!term.topologyKey || !labelKeyPattern.test(term.topologyKey)) {
    causes.push(
      invalid(
        `${field}.topologyKey`,
        `${quoted(term.topologyKey)} is no topology key; name a node label such as kubernetes.io/hostname`,
      ),
    );
  }
  return [
    ...causes,
    ...labelSelectorRules(term.labelSelector, `${field}.labelSelector`),
    ...labelSelectorRules(term.namespaceSelector, `${field}.namespaceSelector`),
  ];
}

/** A label selector's expressions. Source: Kubernetes API, LabelSelector. */
export function labelSelectorRules(selector: LabelSelector | undefined, field: string): Cause[] {
  return (selector?.matchExpressions ?? []).flatMap(({ key, operator, values = [] }, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const causes: Cause[] = [];
    if (!labelKeyPattern.test(key)) causes.push(invalid(`${at}.key`, `${quoted(key)} is no label key`));
    if (!labelOperators.includes(operator))
      return [...causes, invalid(`${at}.operator`, `operator ${oneOf(operator, labelOperators)}`)];
    return [...causes, ...valueCount(operator, values.length, at)];
  });
}

/** Topology spread constraints, as the API server checks them on the pod. */
export const topologySpreadRules: SpecRule = (spec: VirtualMachineInstanceSpec, path) => {
  const seen = new Set<string>();
  return (spec.topologySpreadConstraints ?? []).flatMap((constraint, index) => {
    const pair = `${constraint.topologyKey} ${constraint.whenUnsatisfiable}`;
    const twin = seen.has(pair);
    seen.add(pair);
    return oneSpread(constraint, `${path}.topologySpreadConstraints[${index}]`, twin);
  });
};

function oneSpread(
  { maxSkew, minDomains, topologyKey, whenUnsatisfiable, labelSelector }: TopologySpreadConstraint,
  field: string,
  twin: boolean,
): Cause[] {
  const causes: Cause[] = [];
  if (!(maxSkew > 0)) causes.push(invalid(`${field}.maxSkew`, `a skew of at least 1 is needed, not ${maxSkew}`));
  if (!topologyKey)
    causes.push(required(`${field}.topologyKey`, 'a topology key is needed, such as topology.kubernetes.io/zone'));
  if (!unsatisfiable.includes(whenUnsatisfiable))
    causes.push(invalid(`${field}.whenUnsatisfiable`, oneOf(whenUnsatisfiable, unsatisfiable)));
  if (minDomains !== undefined && minDomains < 1)
    causes.push(invalid(`${field}.minDomains`, `at least 1, not ${minDomains}`));
  if (twin)
    causes.push(
      invalid(`${field}.{topologyKey, whenUnsatisfiable}`, `${topologyKey} with ${whenUnsatisfiable} is there already`),
    );
  return [...causes, ...labelSelectorRules(labelSelector, `${field}.labelSelector`)];
}
