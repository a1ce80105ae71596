import type { NodeSelectorRequirement } from './core/scheduling.ts';
import type { LabelSelector } from './meta.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels meet a selector; an empty one selects everything. Source: Kubernetes API, LabelSelector. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labelOf(labels, key) === value) &&
    matchExpressions.every((requirement) => meetsRequirement(requirement, labelOf(labels, requirement.key)))
  );
}

/**
 * Whether the value of a label or field meets a requirement; undefined where there is none. Source: Kubernetes API,
 * NodeSelectorRequirement, whose operators hold those of LabelSelectorRequirement.
 */
export function meetsRequirement(
  { operator, values = [] }: Pick<NodeSelectorRequirement, 'operator' | 'values'>,
  value: string | undefined,
): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return isInteger(value) && Number(value) > Number(values[0]);
    case 'Lt':
      return isInteger(value) && Number(value) < Number(values[0]);
    default:
      // What the API server would refuse selects nothing.
      return false;
  }
}

/** A label may be called `constructor`: what every object inherits is none. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function isInteger(value: string | undefined): boolean {
  return value !== undefined && /^-?\d+$/.test(value);
}
