import { invalid, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** Interfaces and networks go in pairs, by name. */
export const networkRules: SpecRule = ({ domain, networks = [] }, path) => {
  const interfaces = domain.devices.interfaces ?? [];
  const networkNames = new Set(networks.map(({ name }) => name));
  const interfaceNames = new Set(interfaces.map(({ name }) => name));
  const causes: Cause[] = [];
  for (const [index, { name }] of interfaces.entries()) {
    const at = `${path}.domain.devices.interfaces[${index}].name`;
    if (!networkNames.has(name)) causes.push(invalid(at, `${at} '${name}' not found.`));
  }
  for (const [index, { name }] of networks.entries()) {
    const at = `${path}.networks[${index}].name`;
    if (!interfaceNames.has(name)) causes.push(invalid(at, `${at} '${name}' not found.`));
  }
  return causes;
};
