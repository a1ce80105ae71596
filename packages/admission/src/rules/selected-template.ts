import { matchesSelector, type LabelSelector } from '@quickvirt/api';
import { invalid, type Cause } from '../cause.ts';
import { labelSelectorRules } from './affinity.ts';

/** A set's selector must be well formed and select what the set makes, or it would make objects without end. */
export function selectorRules(
  selector: LabelSelector | undefined,
  templateLabels: Readonly<Record<string, string>> | undefined,
): Cause[] {
  const wrong = labelSelectorRules(selector, 'spec.selector');
  if (wrong.length > 0) return [invalid('spec.selector', wrong.map(({ message }) => message).join('; '))];
  if (isEmpty(selector)) return [invalid('spec.selector', 'an empty selector selects everything; set matchLabels')];
  if (matchesSelector(selector, templateLabels ?? {})) return [];
  return [invalid('spec.selector', 'selector does not match labels. Give the template the labels that it selects')];
}

function isEmpty(selector: LabelSelector | undefined): boolean {
  return !Object.keys(selector?.matchLabels ?? {}).length && !selector?.matchExpressions?.length;
}
